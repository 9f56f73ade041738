// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "core_1_51/scheme_resolver.h"

#include <memory>
#include <utility>

#include <grpc/support/log.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core_1_51/native_resolver.h"
#include "nines/registry.h"

namespace nines {

SchemeResolverFactory::SchemeResolverFactory(std::string native_scheme)
    : native_scheme_(std::move(native_scheme)), scheme_(absl::StrCat("nines-", native_scheme_)) {}

Target SchemeResolverFactory::TargetOf(const grpc_core::URI& uri) const {
  return {native_scheme_, uri.authority(), std::string(absl::StripPrefix(uri.path(), "/"))};
}

bool SchemeResolverFactory::IsValidUri(const grpc_core::URI& uri) const {
  const auto factory = BuiltinRegistry().FindResolverFor(TargetOf(uri));
  // Where gRPC's own factories tell, too: CreateCustomChannel() has no other way to say why.
  if (!factory.ok()) gpr_log(GPR_ERROR, "%s", factory.status().ToString().c_str());
  return factory.ok();
}

grpc_core::OrphanablePtr<grpc_core::Resolver> SchemeResolverFactory::CreateResolver(
    grpc_core::ResolverArgs args) const {
  const Target target = TargetOf(args.uri);
  const auto factory = BuiltinRegistry().FindResolverFor(target);
  auto loop = SharedEventLoop();
  if (!factory.ok() || !loop.ok()) return nullptr;
  return grpc_core::MakeOrphanable<NativeResolver>(
      NativeResolver::Native{**factory, target, *std::move(loop), nullptr},
      std::move(args.work_serializer), std::move(args.result_handler), args.args);
}

std::string SchemeResolverFactory::GetDefaultAuthority(const grpc_core::URI& uri) const {
  const Target target = TargetOf(uri);
  const auto factory = BuiltinRegistry().FindResolverFor(target);
  return factory.ok() ? (*factory)->DefaultAuthority(target) : "";
}

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <memory>
#include <string>

#include <grpc/grpc.h>
#include <grpcpp/grpcpp.h>

#include "absl/strings/str_cat.h"
#include "core_1_51/lb_policy.h"
#include "core_1_51/link_resolver.h"
#include "core_1_51/scheme_resolver.h"
#include "core_plugin.h"
#include "src/core/lib/config/core_configuration.h"

namespace nines {
namespace {

// gRPC's core headers lay out their types by NDEBUG; this is how this file was compiled.
#ifdef NDEBUG
constexpr bool kBuiltWithNdebug = true;
#else
constexpr bool kBuiltWithNdebug = false;
#endif

// A trace flag that gRPC has only when it was built without NDEBUG; asking for it changes nothing
// that matters, and needs no initialised gRPC.
bool LibraryHasNdebug() { return grpc_tracer_set_enabled("lb_policy_refcount", 0) == 0; }

absl::Status CheckLibrary() {
  const std::string version = grpc::Version();
  if (version != NINES_GRPC_CORE_VERSION) {
    return absl::FailedPreconditionError(absl::StrCat("the gRPC library at run time is ", version,
                                                      ", nines was built for ",
                                                      NINES_GRPC_CORE_VERSION));
  }
  if (LibraryHasNdebug() != kBuiltWithNdebug) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the gRPC library at run time was built ", kBuiltWithNdebug ? "without" : "with",
        " NDEBUG, nines for one built ", kBuiltWithNdebug ? "with" : "without", " it"));
  }
  return absl::OkStatus();
}

absl::Status Register() {
  if (absl::Status status = CheckLibrary(); !status.ok()) return status;
  // RegisterBuilder aborts the process once gRPC has built its configuration, which it does when it
  // is initialised.
  if (grpc_is_initialized() != 0) {
    return absl::FailedPreconditionError(
        "gRPC was initialised before nines was loaded; link nines::grpc, or load it before the "
        "first use of gRPC");
  }
  grpc_core::CoreConfiguration::RegisterBuilder([](grpc_core::CoreConfiguration::Builder* builder) {
    builder->lb_policy_registry()->RegisterLoadBalancingPolicyFactory(
        std::make_unique<LbPolicyFactory>());
    auto* resolvers = builder->resolver_registry();
    resolvers->RegisterResolverFactory(std::make_unique<LinkResolverFactory>());
    for (const char* scheme : {"dns", "srv", "file", "static"}) {
      resolvers->RegisterResolverFactory(std::make_unique<SchemeResolverFactory>(scheme));
    }
  });
  return absl::OkStatus();
}

const absl::Status& RegisterOnce() {
  static const absl::Status& status = *new absl::Status(Register());
  return status;
}

// When the library is loaded, which is before main() and so before gRPC's first use; later would
// depend on what the program does first. The one static registration of nines: gRPC leaves no other
// time.
[[maybe_unused]] const bool kIsRegisteredAtLoad = RegisterOnce().ok();

}  // namespace

absl::Status CorePluginStatus() { return RegisterOnce(); }

absl::Status CheckCoreTarget(const std::string& scheme, const std::string& target) {
  const auto& registry = grpc_core::CoreConfiguration::Get().resolver_registry();
  // Asked first: IsValidTarget() would take "what:ever" for the DNS name of that spelling.
  if (registry.LookupResolverFactory(scheme) == nullptr) {
    return absl::NotFoundError(absl::StrCat(target, ": gRPC has no resolver for it"));
  }
  if (registry.IsValidTarget(target)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(target, ": gRPC, which resolves scheme '", scheme, "', does not take it"));
}

}  // namespace nines

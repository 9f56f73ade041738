// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "nines/resolver.h"
#include "src/core/lib/resolver/resolver_factory.h"

namespace nines {

// A scheme of nines under a name of its own inside gRPC ("nines-dns"), for channels that
// CreateChannel() does not make: "dns" itself is gRPC's. Of the built-in registry, and with the
// event loop that all share. Thread-safe.
class SchemeResolverFactory final : public grpc_core::ResolverFactory {
 public:
  explicit SchemeResolverFactory(std::string native_scheme);

  absl::string_view scheme() const override { return scheme_; }
  bool IsValidUri(const grpc_core::URI& uri) const override;
  grpc_core::OrphanablePtr<grpc_core::Resolver> CreateResolver(
      grpc_core::ResolverArgs args) const override;
  std::string GetDefaultAuthority(const grpc_core::URI& uri) const override;

 private:
  Target TargetOf(const grpc_core::URI& uri) const;

  const std::string native_scheme_;
  const std::string scheme_;
};

}  // namespace nines

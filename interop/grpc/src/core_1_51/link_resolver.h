// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "src/core/lib/resolver/resolver_factory.h"

namespace nines {

// Scheme "nines" inside gRPC: resolves the target that is its path, by a resolver of nines or by
// gRPC's own, and adds to each result the service config of the ChannelLink and the selector that
// gives every call its memory. Thread-safe, stateless.
class LinkResolverFactory final : public grpc_core::ResolverFactory {
 public:
  absl::string_view scheme() const override;
  bool IsValidUri(const grpc_core::URI& uri) const override;
  grpc_core::OrphanablePtr<grpc_core::Resolver> CreateResolver(
      grpc_core::ResolverArgs args) const override;
  std::string GetDefaultAuthority(const grpc_core::URI& uri) const override;
};

}  // namespace nines

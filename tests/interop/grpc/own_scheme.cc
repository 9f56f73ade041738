// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "own_scheme.h"

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "src/core/lib/address_utils/parse_address.h"
#include "src/core/lib/config/core_configuration.h"
#include "src/core/lib/resolver/resolver_factory.h"

namespace nines::testing {
namespace {

std::atomic<int> refreshes{0};

class OwnResolver final : public grpc_core::Resolver {
 public:
  explicit OwnResolver(grpc_core::ResolverArgs args) : args_(std::move(args)) {}

  void StartLocked() override {
    Result result;
    result.args = args_.args;
    grpc_core::ServerAddressList addresses;
    for (absl::string_view text : absl::StrSplit(absl::StripPrefix(args_.uri.path(), "/"), ',')) {
      addresses.emplace_back(*grpc_core::StringToSockaddr(text), grpc_core::ChannelArgs());
    }
    result.addresses = std::move(addresses);
    args_.result_handler->ReportResult(std::move(result));
  }
  void RequestReresolutionLocked() override { ++refreshes; }

 private:
  void ShutdownLocked() override { args_.result_handler.reset(); }

  grpc_core::ResolverArgs args_;
};

class OwnResolverFactory final : public grpc_core::ResolverFactory {
 public:
  absl::string_view scheme() const override { return "own"; }
  bool IsValidUri(const grpc_core::URI& uri) const override { return !uri.path().empty(); }
  grpc_core::OrphanablePtr<grpc_core::Resolver> CreateResolver(
      grpc_core::ResolverArgs args) const override {
    return grpc_core::MakeOrphanable<OwnResolver>(std::move(args));
  }
};

// Before main(), as gRPC wants it.
[[maybe_unused]] const bool kIsRegistered = [] {
  grpc_core::CoreConfiguration::RegisterBuilder([](grpc_core::CoreConfiguration::Builder* builder) {
    builder->resolver_registry()->RegisterResolverFactory(std::make_unique<OwnResolverFactory>());
  });
  return true;
}();

}  // namespace

int OwnSchemeRefreshes() { return refreshes; }

}  // namespace nines::testing

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/srv_resolver.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ares_lookup.h"
#include "dns_service_config.h"
#include "refreshing_resolver.h"
#include "srv_lookup.h"
#include "srv_target.h"

namespace nines {
namespace {

class SrvResolverFactory final : public ResolverFactory {
 public:
  explicit SrvResolverFactory(const DnsOptions& options) : options_(options) {}

  absl::Status CheckTarget(const Target& target) const override {
    return ParseSrvTarget(target).status();
  }

  std::string DefaultAuthority(const Target& target) const override {
    return ParseSrvTarget(target)->domain;
  }

  std::unique_ptr<Resolver> MakeResolver(const Target& target,
                                         const ResolverContext& context) const override {
    const SrvTarget srv = *ParseSrvTarget(target);
    AresLookupOptions lookup;
    lookup.host = srv.name;
    lookup.server = srv.server;
    lookup.timeout = options_.lookup_timeout;
    lookup.second_family_wait = options_.second_family_wait;
    SrvLookup::Parts parts;
    parts.service = MakeAresServiceLookup(*context.loop, lookup);
    parts.addresses_of = [loop = context.loop, lookup](const std::string& host) {
      AresLookupOptions of_host = lookup;
      of_host.host = host;
      of_host.search = SearchDomains::kIgnore;  // the records' names are whole
      return MakeAresLookup(*loop, std::move(of_host));
    };
    auto endpoints =
        std::make_unique<SrvLookup>(*context.loop, std::move(parts), options_.lookup_timeout);
    lookup.host = srv.domain;
    return std::make_unique<RefreshingResolver>(
        target.ToString(),
        WithServiceConfig(std::move(endpoints), options_, std::move(lookup), context), options_,
        context);
  }

 private:
  const DnsOptions options_;
};

}  // namespace

std::shared_ptr<const ResolverFactory> MakeSrvResolverFactory(const DnsOptions& options) {
  return std::make_shared<SrvResolverFactory>(options);
}

}  // namespace nines

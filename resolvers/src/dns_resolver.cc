// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/dns_resolver.h"

#include <string>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ares_lookup.h"
#include "dns_service_config.h"
#include "dns_target.h"
#include "fixed_resolver.h"
#include "host_lookup.h"
#include "host_port.h"
#include "ip_address.h"
#include "nines/endpoint.h"
#include "refreshing_resolver.h"

namespace nines {
namespace {

class DnsResolverFactory final : public ResolverFactory {
 public:
  explicit DnsResolverFactory(const DnsOptions& options) : options_(options) {}

  absl::Status CheckTarget(const Target& target) const override {
    return ParseDnsTarget(target).status();
  }

  std::string DefaultAuthority(const Target& target) const override {
    return FormatHostPort(*ParseHostPort(target.path));
  }

  std::unique_ptr<Resolver> MakeResolver(const Target& target,
                                         const ResolverContext& context) const override {
    DnsTarget dns = *ParseDnsTarget(target);
    if (const auto* address = std::get_if<IpAddress>(&dns.host)) {
      Endpoint endpoint;
      endpoint.address = FormatIpAddressAndPort(*address, dns.port);
      return MakeFixedResolver({std::move(endpoint)}, context);
    }
    AresLookupOptions lookup;
    lookup.host = std::get<std::string>(std::move(dns.host));
    lookup.server = std::move(dns.server);
    lookup.timeout = options_.lookup_timeout;
    lookup.second_family_wait = options_.second_family_wait;
    auto endpoints = std::make_unique<HostLookup>(MakeAresLookup(*context.loop, lookup), dns.port);
    return std::make_unique<RefreshingResolver>(
        target.ToString(),
        WithServiceConfig(std::move(endpoints), options_, std::move(lookup), context), options_,
        context);
  }

 private:
  const DnsOptions options_;
};

}  // namespace

std::shared_ptr<const ResolverFactory> MakeDnsResolverFactory(const DnsOptions& options) {
  return std::make_shared<DnsResolverFactory>(options);
}

}  // namespace nines

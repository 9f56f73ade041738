// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "dns_service_config.h"

#include <unistd.h>

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "service_config_lookup.h"

namespace nines {
namespace {

/// "" if the system does not say.
std::string Hostname() {
  std::array<char, 256> name = {};  // one more than the longest (POSIX: 255)
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

}  // namespace

std::unique_ptr<EndpointLookup> WithServiceConfig(std::unique_ptr<EndpointLookup> endpoints,
                                                  const DnsOptions& options,
                                                  AresLookupOptions of_host,
                                                  const ResolverContext& context) {
  if (!options.looks_up_service_config) return endpoints;
  of_host.host = "_grpc_config." + of_host.host;
  ServiceConfigLookup::Parts parts;
  parts.endpoints = std::move(endpoints);
  parts.texts = MakeAresTextLookup(*context.loop, std::move(of_host));
  parts.client.hostname = Hostname();
  // Once, so that this client stays on one side of a percentage.
  parts.client.percentile = static_cast<uint32_t>(context.random->Next() % 100);
  parts.wait = options.second_family_wait;
  return std::make_unique<ServiceConfigLookup>(*context.loop, std::move(parts));
}

}  // namespace nines

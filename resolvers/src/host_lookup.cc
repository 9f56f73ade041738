// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "host_lookup.h"

#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "host_port.h"
#include "ip_address.h"

namespace nines {

HostLookup::HostLookup(std::unique_ptr<AddressLookup> addresses, uint16_t port)
    : addresses_(std::move(addresses)), port_(port) {}

void HostLookup::Restore(const EndpointList& endpoints) {
  for (const Endpoint& endpoint : endpoints) {
    if (endpoint.is_lame) continue;  // the last answer did not have it
    const absl::StatusOr<HostPort> host_port = ParseHostPort(endpoint.address);
    if (!host_port.ok()) continue;
    const auto* address = std::get_if<IpAddress>(&host_port->host);
    if (address == nullptr) continue;
    const bool is_ipv4 = address->family == IpAddress::Family::kIpv4;
    (is_ipv4 ? known_.ipv4 : known_.ipv6).push_back(*address);
  }
}

std::unique_ptr<LookupQuery> HostLookup::Start(Callback done) {
  return addresses_->Start([this, done = std::move(done)](LookupAnswer answer) mutable {
    done(Merge(std::move(answer)));
  });
}

absl::StatusOr<FoundEndpoints> HostLookup::Merge(LookupAnswer answer) {
  absl::StatusOr<MergedAnswer> merged = MergeAnswer(known_, std::move(answer));
  if (!merged.ok()) return merged.status();
  known_ = std::move(merged->addresses);
  FoundEndpoints found;
  found.ttl = merged->ttl;
  found.is_partial = merged->is_partial;
  for (const IpAddress& address : merged->refused) found.refused.insert(FormatIpAddress(address));
  for (const std::vector<IpAddress>* family : {&known_.ipv4, &known_.ipv6}) {
    for (const IpAddress& address : *family) {
      Endpoint endpoint;
      endpoint.address = FormatIpAddressAndPort(address, port_);
      found.endpoints.push_back(std::move(endpoint));
    }
  }
  return found;
}

}  // namespace nines

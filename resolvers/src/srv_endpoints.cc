// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "srv_endpoints.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>

#include "ip_address.h"

namespace nines {
namespace {

/// What every weight is multiplied by at most: divisible by 1 to 10, and 65,535 times it leaves
/// room for the sum over equal addresses. Beyond, shares are rounded, by 0.04 % at most.
constexpr uint64_t kMaxScale = 2520;

size_t CountOf(const KnownAddresses& addresses) {
  return addresses.ipv4.size() + addresses.ipv6.size();
}

/// The least number by which the weights are multiplied so that each can be shared by its host's
/// addresses without a remainder.
uint64_t ScaleOf(const std::vector<SrvRecord>& records, const HostAddresses& addresses) {
  uint64_t scale = 1;
  for (const SrvRecord& record : records) {
    const auto host = addresses.find(record.host);
    if (host == addresses.end() || CountOf(host->second) == 0) continue;
    scale = std::lcm(scale, uint64_t{CountOf(host->second)});
    if (scale > kMaxScale) return kMaxScale;
  }
  return scale;
}

/// Takes the endpoints of one record into those found so far, by address.
class ServiceEndpoints {
 public:
  void Add(const SrvRecord& record, const KnownAddresses& addresses, uint64_t scale) {
    const uint64_t count = CountOf(addresses);
    if (count == 0) return;
    const uint64_t scaled = std::max<uint64_t>(record.weight, 1) * scale;
    const uint64_t weight = std::max<uint64_t>((scaled + count / 2) / count, 1);
    for (const auto* family : {&addresses.ipv4, &addresses.ipv6}) {
      for (const IpAddress& address : *family) AddOne(record, address, weight);
    }
  }

  EndpointList Sorted() && {
    EndpointList endpoints;
    for (auto& [address, endpoint] : by_address_) endpoints.push_back(std::move(endpoint));
    std::stable_sort(endpoints.begin(), endpoints.end(),
                     [](const Endpoint& a, const Endpoint& b) { return a.tier < b.tier; });
    return endpoints;
  }

 private:
  using Key = std::pair<IpAddress, uint16_t>;

  void AddOne(const SrvRecord& record, const IpAddress& address, uint64_t weight) {
    const auto [slot, is_new] = by_address_.try_emplace(Key(address, record.port));
    Endpoint& endpoint = slot->second;
    if (!is_new && endpoint.tier < record.priority) return;
    const uint64_t before = is_new || endpoint.tier > record.priority ? 0 : endpoint.weight;
    endpoint.address = FormatIpAddressAndPort(address, record.port);
    endpoint.tier = record.priority;
    endpoint.weight = static_cast<uint32_t>(std::min<uint64_t>(before + weight, UINT32_MAX));
  }

  std::map<Key, Endpoint> by_address_;
};

}  // namespace

EndpointList EndpointsOfService(const std::vector<SrvRecord>& records,
                                const HostAddresses& addresses) {
  const uint64_t scale = ScaleOf(records, addresses);
  ServiceEndpoints endpoints;
  for (const SrvRecord& record : records) {
    const auto host = addresses.find(record.host);
    if (host != addresses.end()) endpoints.Add(record, host->second, scale);
  }
  return std::move(endpoints).Sorted();
}

}  // namespace nines

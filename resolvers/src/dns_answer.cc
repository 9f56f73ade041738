// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "dns_answer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace nines {
namespace {

/// Sorts, and drops what is there twice or cannot be a server's. An answer of which nothing is left
/// becomes NotFound.
FamilyAnswer Cleaned(FamilyAnswer answer) {
  std::vector<IpAddress>& addresses = answer.addresses;
  const bool was_empty = addresses.empty();
  addresses.erase(std::remove_if(addresses.begin(), addresses.end(),
                                 [](const IpAddress& address) { return !CanBeEndpoint(address); }),
                  addresses.end());
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  if (answer.status.ok() && addresses.empty()) {
    answer.status = absl::NotFoundError(
        was_empty ? "no address" : "only addresses that no server can have (such as 0.0.0.0)");
  }
  return answer;
}

absl::Status JoinErrors(const absl::Status& ipv4, const absl::Status& ipv6) {
  // "It could not say" outweighs "there are none": the name may well have addresses.
  const absl::StatusCode code = absl::IsNotFound(ipv4) ? ipv6.code() : ipv4.code();
  if (ipv4 == ipv6) return ipv4;
  return absl::Status(code, absl::StrCat("IPv4: ", ipv4.message(), "; IPv6: ", ipv6.message()));
}

bool CouldNotSay(const FamilyAnswer& answer) {
  return !answer.status.ok() && !absl::IsNotFound(answer.status);
}

std::vector<IpAddress> NewOrKnown(FamilyAnswer answer, const std::vector<IpAddress>& known) {
  if (CouldNotSay(answer)) return known;
  return answer.status.ok() ? std::move(answer.addresses) : std::vector<IpAddress>();
}

absl::Duration TtlOf(const FamilyAnswer& answer) {
  return answer.status.ok() ? answer.ttl : absl::InfiniteDuration();
}

}  // namespace

absl::StatusOr<MergedAnswer> MergeAnswer(const KnownAddresses& known, LookupAnswer answer) {
  answer.ipv4 = Cleaned(std::move(answer.ipv4));
  answer.ipv6 = Cleaned(std::move(answer.ipv6));
  if (!answer.ipv4.status.ok() && !answer.ipv6.status.ok()) {
    return JoinErrors(answer.ipv4.status, answer.ipv6.status);
  }
  MergedAnswer merged;
  merged.is_partial = CouldNotSay(answer.ipv4) || CouldNotSay(answer.ipv6);
  merged.ttl = std::min(TtlOf(answer.ipv4), TtlOf(answer.ipv6));
  merged.addresses.ipv4 = NewOrKnown(std::move(answer.ipv4), known.ipv4);
  merged.addresses.ipv6 = NewOrKnown(std::move(answer.ipv6), known.ipv6);
  return merged;
}

}  // namespace nines

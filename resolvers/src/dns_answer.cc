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

/// Sorts, drops what is there twice, and moves what cannot be a server's to `refused`. An answer of
/// which nothing is left could not say anything.
FamilyAnswer Cleaned(FamilyAnswer answer, std::vector<IpAddress>& refused) {
  std::vector<IpAddress>& addresses = answer.addresses;
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  const bool was_empty = addresses.empty();
  const auto wrong = std::stable_partition(addresses.begin(), addresses.end(), CanBeEndpoint);
  refused.insert(refused.end(), wrong, addresses.end());
  addresses.erase(wrong, addresses.end());
  if (!answer.status.ok() || !addresses.empty()) return answer;
  answer.status =
      was_empty
          ? absl::NotFoundError("no address")
          : absl::UnavailableError("only addresses that no server can have (such as 0.0.0.0)");
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
  MergedAnswer merged;
  answer.ipv4 = Cleaned(std::move(answer.ipv4), merged.refused);
  answer.ipv6 = Cleaned(std::move(answer.ipv6), merged.refused);
  if (!answer.ipv4.status.ok() && !answer.ipv6.status.ok()) {
    return JoinErrors(answer.ipv4.status, answer.ipv6.status);
  }
  merged.is_partial = CouldNotSay(answer.ipv4) || CouldNotSay(answer.ipv6);
  merged.ttl = std::min(TtlOf(answer.ipv4), TtlOf(answer.ipv6));
  merged.addresses.ipv4 = NewOrKnown(std::move(answer.ipv4), known.ipv4);
  merged.addresses.ipv6 = NewOrKnown(std::move(answer.ipv6), known.ipv6);
  return merged;
}

}  // namespace nines

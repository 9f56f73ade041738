// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "address_lookup.h"
#include "ip_address.h"

namespace nines {

/// A name's addresses as far as they are known: sorted and distinct. A value.
struct KnownAddresses {
  std::vector<IpAddress> ipv4;
  std::vector<IpAddress> ipv6;
};

inline bool operator==(const KnownAddresses& a, const KnownAddresses& b) {
  return a.ipv4 == b.ipv4 && a.ipv6 == b.ipv6;
}

struct MergedAnswer {
  KnownAddresses addresses;
  absl::Duration ttl;  // of what is new in it
  /// One family could not be asked; its addresses are those that were known before.
  bool is_partial = false;
  /// What the answer had and no server can have, such as 0.0.0.0.
  std::vector<IpAddress> refused;
};

/// What is known after `answer`, given what was known before. The addresses of both families if at
/// least one of them has some; else NotFound if DNS says that there are none, or why it cannot say.
absl::StatusOr<MergedAnswer> MergeAnswer(const KnownAddresses& known, LookupAnswer answer);

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "ip_address.h"
#include "lookup_query.h"

namespace nines {

/// What DNS said of a name's addresses of one family.
struct FamilyAnswer {
  /// OK: there are addresses. NotFound: DNS says that there are none. Else: it could not say.
  absl::Status status = absl::UnavailableError("not asked");
  std::vector<IpAddress> addresses;
  absl::Duration ttl = absl::InfiniteDuration();  // the least of all records that led to them
};

struct LookupAnswer {
  FamilyAnswer ipv4;
  FamilyAnswer ipv6;
};

/// Looks up the addresses of one name. Confined to the event loop's thread.
class AddressLookup {
 public:
  using Callback = absl::AnyInvocable<void(LookupAnswer)>;

  virtual ~AddressLookup() = default;

  /// `done` is called once, later, never from within, and may destroy the query.
  [[nodiscard]] virtual std::unique_ptr<LookupQuery> Start(Callback done) = 0;
};

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nines/dns_resolver.h"
#include "nines/endpoint.h"

namespace nines {

/// Decides which endpoints are in force after each of DNS's answers. What an answer has is, at
/// once; what it lacks goes at once too, unless so much is lacking that DNS may be wrong: then it
/// is held until further answers lack it as well. No clock, no I/O. Thread-compatible.
class AnswerGuard {
 public:
  /// Uses confirmations, max_drop_ratio, drop_hold and empty_hold.
  explicit AnswerGuard(const DnsOptions& options) : options_(options) {}

  /// Before the first answer: as if answers until `now` had led to these endpoints, of which those
  /// that are lame are held.
  void Restore(EndpointList endpoints, absl::Time now);

  /// After an answer, which is empty if DNS says that there are no endpoints. The addresses are
  /// distinct. Returns how many endpoints are held now that were not before.
  size_t OnAnswer(const EndpointList& answer, absl::Time now);

  /// As before the first answer.
  void Forget();

  /// The endpoints to use: those of the last answer in its order, then those held, which are lame.
  const EndpointList& in_force() const { return in_force_; }
  size_t held() const { return absences_.size(); }

 private:
  using Addresses = absl::flat_hash_set<absl::string_view>;

  /// Of an endpoint that is held.
  struct Absence {
    absl::Time since;       // of the first answer that lacked it
    int confirmations = 0;  // answers after that one, which lacked it too
  };

  bool IsSuspicious(const Addresses& answer) const;
  bool IsConfirmed(const Absence& absence, const EndpointList& answer, absl::Time now) const;

  const DnsOptions options_;
  EndpointList in_force_;
  absl::flat_hash_map<std::string, Absence> absences_;  // by address, each in in_force_
};

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace nines {

/// The metadata of a call, for hash keys taken from headers.
class CallHeaders {
 public:
  virtual ~CallHeaders() = default;

  /// The value of header `name` (lower case), several values joined by ','; nothing if the call has
  /// none. The view lives as long as the call's metadata and `buffer`, which may be used as
  /// storage.
  virtual std::optional<absl::string_view> Get(absl::string_view name,
                                               std::string* buffer) const = 0;
};

struct CallTrace;

/// What a caller knows of a call before any endpoint is chosen. A value of views: what they point
/// to outlives the call.
struct Call {
  std::string_view method = {};                    // "/package.Service/Method"
  std::optional<std::string_view> hash_key = {};   // for {"call": {}}; "" is a key like others
  std::optional<std::string_view> client_ip = {};  // for {"clientIp": {}}
  std::optional<std::string_view> request_content = {};  // for {"requestContent": {}}
  const CallHeaders* headers = nullptr;                  // for {"header": …}
  absl::Time deadline = absl::InfiniteFuture();
  /// Attempts of this call that failed and that its CallMemory knows nothing of, because it did not
  /// last: the pick then avoids what those attempts most likely had.
  uint32_t forgotten_attempts = 0;
  /// Where a Client writes what became of the call, before it returns; null: nowhere.
  CallTrace* trace = nullptr;
};

/// What all attempts of one call share: the order's seed, computed once, the endpoints already
/// tried, so that the next attempt goes elsewhere, and those that failed it, which may be the
/// call's own fault. Fixed size, allocates nothing.
///
/// Confined to the call: one attempt picks at a time, and one reports. A pick and a report may be
/// at once, though, as when an attempt that was given up ends while the next one is picked for: a
/// pick looks at the seed and the tried endpoints alone, a report at the failures and the verdict.
class CallMemory {
 public:
  /// Attempts remembered; a call that makes more forgets the earliest.
  static constexpr size_t kCapacity = 8;
  /// Failures remembered: of as many endpoints as a call has attempts (RetryPolicy::kMaxAttempts).
  static constexpr size_t kFailureCapacity = 5;

  /// An endpoint whose failure this call's was.
  struct Failure {
    uint64_t endpoint_id;
    uint32_t answered;  // calls that had ended well there before, modulo 2³²
  };

  CallMemory() {}  // not defaulted, which would forbid a const one: the arrays are not cleared

  std::optional<uint64_t> seed() const { return seed_; }
  void set_seed(uint64_t seed) { seed_ = seed; }

  /// Remembers that the endpoint with this id (never 0, unique in a process) was tried.
  void AddTried(uint64_t endpoint_id) { tried_[attempts_++ % kCapacity] = endpoint_id; }

  /// Attempts picked so far.
  uint32_t attempts() const { return attempts_; }

  /// How many attempts ago `endpoint_id` was last tried (1: by the latest), 0 if never or
  /// forgotten.
  uint32_t AttemptsSince(uint64_t endpoint_id) const {
    for (uint32_t ago = 1; ago <= attempts_ && ago <= kCapacity; ++ago) {
      if (tried_[(attempts_ - ago) % kCapacity] == endpoint_id) return ago;
    }
    return 0;
  }

  /// Whether the latest attempt went where an earlier one had been.
  bool IsRepeat() const {
    const uint64_t latest = attempts_ == 0 ? 0 : tried_[(attempts_ - 1) % kCapacity];
    for (uint32_t ago = 2; ago <= attempts_ && ago <= kCapacity; ++ago) {
      if (tried_[(attempts_ - ago) % kCapacity] == latest) return true;
    }
    return false;
  }
  /// Unsays the latest AddTried(), of an attempt that was not made after all. REQUIRES: there is
  /// one.
  void ForgetLatest() { --attempts_; }

  /// Remembers that the endpoint failed this call. False if it is known already, or there is no
  /// room.
  bool AddFailure(const Failure& failure) {
    if (failure_count_ == kFailureCapacity) return false;
    for (const Failure& known : failures()) {
      if (known.endpoint_id == failure.endpoint_id) return false;
    }
    failures_[failure_count_++] = failure;
    return true;
  }
  absl::Span<const Failure> failures() const { return {failures_.data(), failure_count_}; }

  /// This call fails wherever it goes, and others do not: it is not to be tried again.
  bool is_query_of_death() const { return is_query_of_death_; }
  void MarkQueryOfDeath() { is_query_of_death_ = true; }

 private:
  // seed_, attempts_ and tried_ are the picks', the rest is the reports'. They share no memory
  // location, and what a pick begins with lies together.
  std::optional<uint64_t> seed_;
  uint32_t attempts_ = 0;
  uint16_t failure_count_ = 0;
  bool is_query_of_death_ = false;
  // The first attempts_ of them are set; the rest is never read, and a pick saves clearing it.
  std::array<uint64_t, kCapacity> tried_;
  std::array<Failure, kFailureCapacity> failures_;  // likewise, of the first failure_count_
};

}  // namespace nines

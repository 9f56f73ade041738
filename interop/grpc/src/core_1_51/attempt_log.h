// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "next_step.h"
#include "nines/retry.h"
#include "src/core/lib/resource_quota/arena.h"

namespace nines {

// Which endpoints a call has tried, and how that ended, so that the call's status can say it. Lives
// in the call's arena, as do its texts. What went well costs a copy of the endpoint's address.
//
// Begin() runs under gRPC's lock for picks, one at a time; all else under the call combiner. That
// may be at once (a call is cancelled while it is picked for), so an attempt is published by
// count_.
class AttemptLog {
 public:
  // More are counted only: a call without end, whose connections break again and again.
  static constexpr uint32_t kCapacity = RetryPolicy::kMaxAttempts;

  struct Attempt {
    std::string_view endpoint;
    absl::Time begin;
    bool has_ended;
    absl::StatusCode code;     // of an attempt that has ended
    std::string_view message;  // likewise
    absl::Duration duration;   // likewise
    NextStep next;
  };

  explicit AttemptLog(grpc_core::Arena* arena) : arena_(arena) {}

  // The number of the new attempt, for End().
  uint32_t Begin(std::string_view endpoint, absl::Time now);
  void End(uint32_t attempt, const absl::Status& status, absl::Duration duration);
  void SetNext(uint32_t attempt, NextStep next);

  uint32_t count() const { return count_.load(std::memory_order_acquire); }
  // REQUIRES: below kCapacity and count().
  const Attempt& attempt(uint32_t number) const { return attempts_[number]; }

  // "2 attempts: 10.0.0.1:80 UNAVAILABLE after 1ms: connection reset; 10.0.0.2:80 …; not tried
  // again: …". The last attempt's message is left out if it is `known`. REQUIRES: count() > 0.
  std::string Describe(absl::Time now, std::string_view known) const;

 private:
  std::string_view Copy(std::string_view text);

  grpc_core::Arena* const arena_;
  std::atomic<uint32_t> count_{0};
  std::array<Attempt, kCapacity> attempts_;  // the first count_ of them are set
};
static_assert(std::is_trivially_destructible_v<AttemptLog>, "an arena runs no destructors");

}  // namespace nines

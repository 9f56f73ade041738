// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "nines/clock.h"
#include "sync/mutex.h"

namespace nines {

// What a call that cannot go on waits for: news that a pick which found nobody may succeed now, or
// a moment, and in either case the client's end. Thread-safe.
class Readiness {
 public:
  using Callback = absl::AnyInvocable<void()>;

  explicit Readiness(const Clock& clock) : clock_(clock) {}

  // Pieces of news so far. Read before the pick, so that none is missed after it.
  uint64_t changes() const { return changes_.load(); }

  void Announce() { Wake(false); }
  // Idempotent. Nobody waits any longer, now or later.
  void Shutdown() { Wake(true); }

  // Blocks until there was news after `seen`, or until `deadline` or shutdown: then false.
  bool WaitForChange(uint64_t seen, absl::Time deadline);
  // Blocks until `moment` or shutdown.
  void SleepUntil(absl::Time moment);

  // Has `callback` called once, under no lock, when there is news after `seen`, unless `waiter`
  // unsubscribes first. False, and it is not, if there was news already.
  [[nodiscard]] bool Subscribe(const void* waiter, uint64_t seen, Callback callback);
  void Unsubscribe(const void* waiter);
  bool is_shut_down() const;

  // Who is subscribed. For tests.
  size_t subscribers() const;

 private:
  const Clock& clock_;
  // Announces, and wakes whoever waits.
  void Wake(bool is_shutdown);

  mutable Mutex mutex_;
  CondVar changed_;
  std::atomic<uint64_t> changes_{0};  // written under mutex_, which makes waiting for it safe
  absl::flat_hash_map<const void*, Callback> subscribers_ ABSL_GUARDED_BY(mutex_);
  bool is_shut_down_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace nines

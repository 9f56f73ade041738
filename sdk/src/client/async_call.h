// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/call_parts.h"
#include "client/call_timers.h"
#include "nines/async_call.h"
#include "nines/balancer.h"
#include "nines/call.h"
#include "retry/call_log.h"
#include "retry/retrier.h"
#include "sync/mutex.h"

namespace nines {

// One call of Client::RunAsync: what the Retrier says, done by whoever brings news of the call: its
// attempts' ends, the timer, a cancel. The first to bring some works it off, and what others bring
// meanwhile, one piece after the other and under no lock; so the user's functions may do to the
// call whatever they like, from within themselves too.
//
// Thread-safe. Owned by whatever will bring news next: its attempts, its timer, or its place among
// those who wait for an endpoint.
class AsyncCall final : public std::enable_shared_from_this<AsyncCall> {
 public:
  AsyncCall(std::shared_ptr<Client> client, const CallParts& parts, CallTimers& timers,
            const Call& call, AttemptStarter start, CallDone done);

  // Makes the first attempt. Once.
  void Start();

  // News, from any thread:
  void OnAttemptEnd(uint32_t number, absl::Status status);
  void OnTimer();
  void OnPickable();
  void Cancel();

 private:
  struct News {
    enum class Kind { kAttemptEnd, kTimer, kPickable, kCancel } kind;
    uint32_t number = 0;
    absl::Status status = absl::OkStatus();
  };
  struct Running {
    uint32_t number;
    Lease lease;
    absl::Time start;
    absl::Time deadline;
    AttemptReason reason;
    std::weak_ptr<AsyncAttempt::State> state;
  };
  using RunningAttempts = absl::InlinedVector<Running, 2>;

  void Bring(News news);
  void WorkOff();
  void React(News& news);
  // What is due by now.
  void Advance();

  void EndAttempt(uint32_t number, const absl::Status& status, bool is_timed_out);
  void TryNext();
  void Hedge();
  void WaitForEndpoint(uint64_t seen, const PickResult& result);
  void StartAttempt(Lease lease, AttemptReason reason);
  void End(const absl::Status& status, uint32_t number, CallEnd end);
  // With the latest failure.
  void EndFailed(CallEnd end);

  // Gives back the latest pick, of an endpoint that was tried already, until later.
  void BackOff(Lease lease);
  // Gives back the latest pick as if it had not been made.
  void Unsay(Lease lease);
  // Takes a running attempt for ended, because the call has.
  void GiveUp(Running& attempt, CallEnd end);
  RunningAttempts::iterator FindRunning(uint32_t number);
  void SetTimer();
  absl::Time NextMoment() const;

  const std::shared_ptr<Client> client_;  // which owns what parts_ refers to
  const CallParts parts_;
  CallTimers& timers_;
  MethodPlan& plan_;

  // Confined to whoever works news off: is_busy_ passes them on, under mutex_.
  AttemptStarter start_;
  CallDone done_;
  Call call_;  // nothing of its views is left after the first pick, which is when they are read
  absl::Time now_;  // as of the latest news
  Retrier retrier_;
  CallLog log_;
  CallMemory memory_;
  RunningAttempts running_;
  AttemptReason reason_ = AttemptReason::kFirst;  // of the next attempt but for hedges
  absl::Time try_at_ = absl::InfiniteFuture();    // the next attempt, after a wait
  absl::Time hedge_at_ = absl::InfiniteFuture();
  absl::Status last_failure_;
  uint32_t last_failed_ = 0;  // its attempt
  bool is_waiting_ = false;   // for an endpoint
  bool has_ended_ = false;
  std::optional<CallTimers::Key> timer_;

  Mutex mutex_;
  std::vector<News> news_ ABSL_GUARDED_BY(mutex_);
  bool is_busy_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace nines

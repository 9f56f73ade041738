// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nines/endpoint.h"

namespace nines {

class AsyncCall;

/// One attempt of Client::RunAsync() in the hands of who makes it. A handle: its copies are the
/// same attempt, which has ended at the latest when the last of them is gone.
///
/// Thread-safe. Lifetime: any; it keeps the client that it came from until it has ended.
class AsyncAttempt {
 public:
  const Endpoint& endpoint() const;
  uint32_t number() const;      // 1: the call's first
  absl::Time deadline() const;  // by the event loop's clock; by then it is given up

  /// Ends the attempt, as what Client::Run()'s function returns. Only the first call of this
  /// counts, and none after the attempt was given up.
  void Finish(absl::Status status) const;

  /// Has `callback` called once when the attempt's result is not wanted any more: its deadline
  /// passed, another attempt won, the call was cancelled. At once if that is so already; never
  /// after Finish(). For one callback; under no lock, on whichever thread it happens.
  void OnCancel(absl::AnyInvocable<void()> callback) const;

  bool is_cancelled() const;

 private:
  friend class AsyncCall;
  class State;
  explicit AsyncAttempt(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

/// How a call of Client::RunAsync() ended.
struct CallResult {
  absl::Status status;
  uint32_t attempt = 0;  // whose status it is; 0: of none
};

/// A call of Client::RunAsync() that may be cancelled. Copyable; thread-safe; dropping it does
/// nothing, and neither does a default-constructed one.
class CallHandle {
 public:
  CallHandle() = default;

  /// Ends the call with Cancelled, and cancels its attempts, unless it has ended. Idempotent. May
  /// return before the call's end is told if another thread is busy with the call.
  void Cancel() const;

 private:
  friend class BalancedClient;
  explicit CallHandle(std::weak_ptr<AsyncCall> call) : call_(std::move(call)) {}

  std::weak_ptr<AsyncCall> call_;
};

/// Begins one attempt and returns without waiting for it. Called for one attempt at a time, on the
/// thread that calls RunAsync(), on one that ended an attempt before, or on the event loop's.
using AttemptStarter = absl::AnyInvocable<void(AsyncAttempt)>;

/// Called once, on a thread as above and under no lock, when the call has ended.
using CallDone = absl::AnyInvocable<void(CallResult)>;

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <utility>

#include "client/async_call.h"
#include "nines/async_call.h"
#include "sync/mutex.h"

namespace nines {

// What the copies of an AsyncAttempt share. Tells the call of the attempt's end, once.
class AsyncAttempt::State {
 public:
  State(std::shared_ptr<AsyncCall> call, Endpoint endpoint, uint32_t number, absl::Time deadline)
      : endpoint_(std::move(endpoint)),
        number_(number),
        deadline_(deadline),
        call_(std::move(call)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();  // an attempt that nobody can finish any more has ended

  const Endpoint& endpoint() const { return endpoint_; }
  uint32_t number() const { return number_; }
  absl::Time deadline() const { return deadline_; }

  void Finish(absl::Status status);
  void OnCancel(absl::AnyInvocable<void()> callback);
  bool is_cancelled() const;

  // By the call: the result is not wanted any more.
  void Cancel();

 private:
  enum class Phase { kRunning, kFinished, kCancelled };

  // Leaves kRunning, if this is the first to do so; then gives what to do with the rest.
  struct Left {
    std::shared_ptr<AsyncCall> call;  // null: it had been left before
    absl::AnyInvocable<void()> on_cancel;
  };
  Left Leave(Phase phase);

  const Endpoint endpoint_;
  const uint32_t number_;
  const absl::Time deadline_;

  mutable Mutex mutex_;
  Phase phase_ ABSL_GUARDED_BY(mutex_) = Phase::kRunning;
  std::shared_ptr<AsyncCall> call_ ABSL_GUARDED_BY(mutex_);  // while running
  absl::AnyInvocable<void()> on_cancel_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace nines

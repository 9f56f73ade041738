// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "client/async_attempt.h"

namespace nines {

const Endpoint& AsyncAttempt::endpoint() const { return state_->endpoint(); }
uint32_t AsyncAttempt::number() const { return state_->number(); }
absl::Time AsyncAttempt::deadline() const { return state_->deadline(); }
void AsyncAttempt::Finish(absl::Status status) const { state_->Finish(std::move(status)); }
void AsyncAttempt::OnCancel(absl::AnyInvocable<void()> callback) const {
  state_->OnCancel(std::move(callback));
}
bool AsyncAttempt::is_cancelled() const { return state_->is_cancelled(); }

AsyncAttempt::State::~State() {
  Finish(absl::CancelledError("the attempt was dropped before it was finished"));
}

void AsyncAttempt::State::Finish(absl::Status status) {
  const Left left = Leave(Phase::kFinished);
  if (left.call != nullptr) left.call->OnAttemptEnd(number_, std::move(status));
}

void AsyncAttempt::State::Cancel() {
  Left left = Leave(Phase::kCancelled);
  if (left.on_cancel) left.on_cancel();
}

AsyncAttempt::State::Left AsyncAttempt::State::Leave(Phase phase) {
  MutexLock lock(mutex_);
  if (phase_ != Phase::kRunning) return {};
  phase_ = phase;
  return {std::move(call_), std::move(on_cancel_)};
}

void AsyncAttempt::State::OnCancel(absl::AnyInvocable<void()> callback) {
  {
    MutexLock lock(mutex_);
    if (phase_ == Phase::kRunning) std::swap(on_cancel_, callback);
    if (phase_ != Phase::kCancelled) return;  // what was swapped out goes after the lock
  }
  callback();
}

bool AsyncAttempt::State::is_cancelled() const {
  MutexLock lock(mutex_);
  return phase_ == Phase::kCancelled;
}

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "nines/clock.h"
#include "nines/event_loop.h"

namespace nines {

// A clock that stands until it is turned. Confined to one thread.
class FakeClock final : public Clock {
 public:
  absl::Time Now() const override { return now_; }
  void Advance(absl::Duration duration) { now_ += duration; }

 private:
  absl::Time now_ = absl::FromUnixSeconds(1'000'000);
};

// An event loop whose thread is the test's own, and whose time is turned by hand. Post may be
// called from other threads; no descriptors.
class ManualEventLoop final : public EventLoop {
 public:
  const Clock& clock() const override { return clock_; }
  ProbeBudget& probe_budget() override { return probe_budget_; }
  bool IsLoopThread() const override { return std::this_thread::get_id() == thread_; }

  void Post(Callback callback) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    posted_.push_back(std::move(callback));
  }

  std::unique_ptr<Handle> RunAfter(absl::Duration delay, Callback callback) override {
    const uint64_t id = ++last_timer_;
    const absl::Time due = clock_.Now() + std::max(delay, absl::ZeroDuration());
    timers_->emplace(std::make_pair(due, id), std::move(callback));
    return std::make_unique<Timer>(timers_, std::make_pair(due, id));
  }

  std::unique_ptr<Handle> WatchFd(int /*fd*/, IoEvents /*interest*/,
                                  IoCallback /*callback*/) override {
    return nullptr;
  }

  size_t posted_count() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return posted_.size();
  }

  // Runs what was posted, and what that posts.
  void RunPosted() {
    while (true) {
      std::vector<Callback> batch;
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        batch.swap(posted_);
      }
      if (batch.empty()) return;
      for (Callback& callback : batch) callback();
    }
  }

  // Turns the clock, stopping at each timer to run it.
  void Advance(absl::Duration duration) {
    RunPosted();
    const absl::Time end = clock_.Now() + duration;
    while (!timers_->empty() && timers_->begin()->first.first <= end) {
      const auto first = timers_->begin();
      Callback callback = std::move(first->second);
      clock_.Advance(std::max(first->first.first - clock_.Now(), absl::ZeroDuration()));
      timers_->erase(first);
      callback();
      RunPosted();
    }
    clock_.Advance(end - clock_.Now());
  }

  // Turns the clock and runs nothing: the process stands still. What fell due comes late, at the
  // next Advance().
  void StandStill(absl::Duration duration) { clock_.Advance(duration); }

  size_t timer_count() const { return timers_->size(); }

 private:
  using Key = std::pair<absl::Time, uint64_t>;
  using Timers = std::map<Key, Callback>;

  class Timer final : public Handle {
   public:
    Timer(std::shared_ptr<Timers> timers, Key key) : timers_(std::move(timers)), key_(key) {}
    ~Timer() override { timers_->erase(key_); }

   private:
    const std::shared_ptr<Timers> timers_;
    const Key key_;
  };

  const std::thread::id thread_ = std::this_thread::get_id();
  FakeClock clock_;
  ProbeBudget probe_budget_;
  const std::shared_ptr<Timers> timers_ = std::make_shared<Timers>();
  uint64_t last_timer_ = 0;
  mutable std::mutex mutex_;
  std::vector<Callback> posted_;  // guarded by mutex_
};

}  // namespace nines

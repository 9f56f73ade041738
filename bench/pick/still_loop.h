// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "nines/clock.h"
#include "nines/event_loop.h"

namespace nines::bench {

/// An event loop without a thread, so that nothing runs beside what is measured: what is posted,
/// and what timers are due, runs when its maker says so. Its clock costs what the process's does,
/// for picks and reports may read it, and can be turned forward. Posting allocates nothing up to
/// kReserved callbacks, so that an allocation that is counted is the balancer's own.
///
/// Thread-safe as EventLoop says; its maker's thread is the loop's.
class StillLoop final : public EventLoop {
 public:
  static constexpr size_t kReserved = 4096;

  StillLoop() {
    posted_.reserve(kReserved);
    running_.reserve(kReserved);
  }

  const Clock& clock() const override { return clock_; }
  ProbeBudget& probe_budget() override { return probe_budget_; }
  bool IsLoopThread() const override { return std::this_thread::get_id() == thread_; }

  void Post(Callback callback) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    posted_.push_back(std::move(callback));
  }

  std::unique_ptr<Handle> RunAfter(absl::Duration delay, Callback callback) override {
    const Key key(clock_.Now() + std::max(delay, absl::ZeroDuration()), ++last_timer_);
    timers_->emplace(key, std::move(callback));
    return std::make_unique<Timer>(timers_, key);
  }

  /// Nothing here has a descriptor.
  std::unique_ptr<Handle> WatchFd(int /*fd*/, IoEvents /*interest*/,
                                  IoCallback /*callback*/) override {
    return nullptr;
  }

  /// Runs what was posted, but not what that posts.
  void RunPosted() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      running_.swap(posted_);
    }
    for (Callback& callback : running_) callback();
    running_.clear();
  }

  /// Drops what was posted.
  void ForgetPosted() {
    const std::lock_guard<std::mutex> lock(mutex_);
    posted_.clear();
  }

  /// Turns the clock, and runs each timer that is then due once.
  void Advance(absl::Duration duration) {
    clock_.offset += duration;
    Timers due;
    while (!timers_->empty() && timers_->begin()->first.first <= clock_.Now()) {
      due.insert(timers_->extract(timers_->begin()));
    }
    for (auto& [key, callback] : due) callback();
  }

 private:
  using Key = std::pair<absl::Time, uint64_t>;
  using Timers = std::map<Key, Callback>;

  class TurnedClock final : public Clock {
   public:
    absl::Time Now() const override { return ProcessClock().Now() + offset; }

    absl::Duration offset = absl::ZeroDuration();  // written while nobody picks
  };

  class Timer final : public Handle {
   public:
    Timer(std::shared_ptr<Timers> timers, Key key) : timers_(std::move(timers)), key_(key) {}
    ~Timer() override { timers_->erase(key_); }

   private:
    const std::shared_ptr<Timers> timers_;
    const Key key_;
  };

  const std::thread::id thread_ = std::this_thread::get_id();
  TurnedClock clock_;
  ProbeBudget probe_budget_;
  const std::shared_ptr<Timers> timers_ = std::make_shared<Timers>();
  uint64_t last_timer_ = 0;
  std::mutex mutex_;
  std::vector<Callback> posted_;   // guarded by mutex_
  std::vector<Callback> running_;  // the loop thread's
};

}  // namespace nines::bench

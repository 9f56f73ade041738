// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <poll.h>

#include <chrono>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "nines/event_loop.h"
#include "support/gate.h"
#include "support/manual_event_loop.h"

namespace nines {

// A ManualEventLoop with descriptors: hours pass at once, while what comes over sockets comes in
// its own time and is waited for.
class SocketEventLoop final : public EventLoop {
 public:
  const Clock& clock() const override { return timers_.clock(); }
  ProbeBudget& probe_budget() override { return timers_.probe_budget(); }
  bool IsLoopThread() const override { return timers_.IsLoopThread(); }
  void Post(Callback callback) override { timers_.Post(std::move(callback)); }
  std::unique_ptr<Handle> RunAfter(absl::Duration delay, Callback callback) override {
    return timers_.RunAfter(delay, std::move(callback));
  }
  std::unique_ptr<Handle> WatchFd(int fd, IoEvents interest, IoCallback callback) override {
    auto watch = std::make_shared<Watch>(Watch{interest, std::move(callback)});
    (*watches_)[fd] = watch;
    return std::make_unique<WatchHandle>(watches_, fd);
  }

  // Turns the clock. Nothing comes over a socket meanwhile.
  void Advance(absl::Duration duration) { timers_.Advance(duration); }

  bool is_watching() const { return !watches_->empty(); }

  // Lets come what comes over the sockets, at a clock that stands, until `is_done`. False if it
  // never was.
  [[nodiscard]] bool ServeUntil(absl::FunctionRef<bool()> is_done) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!is_done()) {
      if (std::chrono::steady_clock::now() > end) return false;
      ServeOnce();
      Advance(absl::ZeroDuration());
    }
    return true;
  }

 private:
  struct Watch {
    IoEvents interest;
    IoCallback callback;
  };
  using Watches = std::map<int, std::shared_ptr<Watch>>;

  class WatchHandle final : public Handle {
   public:
    WatchHandle(std::shared_ptr<Watches> watches, int fd) : watches_(std::move(watches)), fd_(fd) {}
    ~WatchHandle() override { watches_->erase(fd_); }

   private:
    const std::shared_ptr<Watches> watches_;
    const int fd_;
  };

  void ServeOnce() {
    std::vector<pollfd> polled;
    for (const auto& [fd, watch] : *watches_) {
      const int events =
          (watch->interest.readable ? POLLIN : 0) | (watch->interest.writable ? POLLOUT : 0);
      polled.push_back({fd, static_cast<short>(events), 0});
    }
    constexpr int kAWhileMs = 10;
    poll(polled.data(), polled.size(), kAWhileMs);
    for (const pollfd& one : polled) {
      const auto found = watches_->find(one.fd);
      if (one.revents == 0 || found == watches_->end()) continue;
      const std::shared_ptr<Watch> watch = found->second;  // the callback may end it
      const bool has_failed = (one.revents & (POLLERR | POLLHUP)) != 0;
      watch->callback(
          {has_failed || (one.revents & POLLIN) != 0, has_failed || (one.revents & POLLOUT) != 0});
    }
  }

  ManualEventLoop timers_;
  const std::shared_ptr<Watches> watches_ = std::make_shared<Watches>();
};

}  // namespace nines

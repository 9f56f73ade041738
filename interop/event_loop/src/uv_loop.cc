// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Users' callbacks run from three places: RunPosted(), RunTimers() and Watch::OnReady(). Each looks
// at is_stopping_ before every callback, so that none begins once the loop is stopped.
//
// A libuv handle's memory must live until its close callback, which runs later on the loop. The
// three fixed handles are members; a Watch holds itself until then.

#include "uv_loop.h"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "nines/clock.h"

namespace nines {
namespace {

/// The longest the loop sleeps at once. Only keeps InfiniteDuration within libuv's range.
constexpr absl::Duration kMaxSleep = absl::Hours(24);

}  // namespace

class UvLoop::TimerHandle final : public EventLoop::Handle {
 public:
  TimerHandle(std::shared_ptr<UvLoop> loop, const TimerQueue::Key& key)
      : loop_(std::move(loop)), key_(key) {}
  ~TimerHandle() override { loop_->timers_.Cancel(key_); }

 private:
  const std::shared_ptr<UvLoop> loop_;
  const TimerQueue::Key key_;
};

/// One watched descriptor.
class UvLoop::Watch final {
 public:
  Watch(UvLoop& loop, EventLoop::IoEvents interest, EventLoop::IoCallback callback)
      : loop_(loop),
        events_((interest.readable ? UV_READABLE : 0) | (interest.writable ? UV_WRITABLE : 0)),
        callback_(std::move(callback)) {}

  /// A libuv error code, 0 for none. With an error nothing is watched and `self` is not kept.
  int Start(int fd, std::shared_ptr<Watch> self) {
    if (const int error = uv_poll_init(&loop_.uv_, &poll_, fd); error != 0) return error;
    poll_.data = this;
    self_ = std::move(self);
    Arm();
    return 0;
  }

  /// Stops watching, at once. The callback comes back to be destroyed, unless it is running, which
  /// destroys it at its end.
  EventLoop::IoCallback Close() {
    if (std::exchange(is_closed_, true)) return nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(&poll_), [](uv_handle_t* handle) {
      const std::shared_ptr<Watch> last = std::move(FromHandle(handle)->self_);
    });
    return std::move(callback_);
  }

  /// The callback that Start() did not take on.
  EventLoop::IoCallback TakeCallback() { return std::move(callback_); }

  static Watch* FromHandle(uv_handle_t* handle) { return static_cast<Watch*>(handle->data); }

 private:
  void Arm() {
    // Fails only if the descriptor has another watch, which uv_poll_init() has ruled out.
    [[maybe_unused]] const int error =
        uv_poll_start(&poll_, events_, [](uv_poll_t* poll, int status, int events) {
          static_cast<Watch*>(poll->data)->OnReady(status, events);
        });
    assert(error == 0);
  }

  void OnReady(int status, int events) {
    if (loop_.is_stopping_) return;
    EventLoop::IoEvents ready{(events & UV_READABLE) != 0, (events & UV_WRITABLE) != 0};
    if (status != 0) {
      // libuv stops watching a descriptor that has an error. We promise level-triggered: the error
      // is reported until the caller has fetched it from the descriptor or lets go.
      ready = {true, true};
      Arm();
    }
    // On the stack, since the callback may destroy its handle, and with that callback_.
    EventLoop::IoCallback callback = std::move(callback_);
    callback(ready);
    if (!is_closed_) callback_ = std::move(callback);
  }

  UvLoop& loop_;
  const int events_;
  EventLoop::IoCallback callback_;
  uv_poll_t poll_;
  bool is_closed_ = false;
  std::shared_ptr<Watch> self_;  // from Start() until libuv has closed poll_
};

class UvLoop::WatchHandle final : public EventLoop::Handle {
 public:
  WatchHandle(std::shared_ptr<UvLoop> loop, std::shared_ptr<Watch> watch)
      : loop_(std::move(loop)), watch_(std::move(watch)) {}
  ~WatchHandle() override { watch_->Close(); }

 private:
  const std::shared_ptr<UvLoop> loop_;  // the watch refers to it
  const std::shared_ptr<Watch> watch_;
};

absl::StatusOr<std::shared_ptr<UvLoop>> UvLoop::Create() {
  std::shared_ptr<UvLoop> loop(new UvLoop());
  if (const int error = loop->Init(); error != 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot create an event loop: ", uv_strerror(error)));
  }
  return loop;
}

int UvLoop::Init() {
  if (const int error = uv_loop_init(&uv_); error != 0) return error;
  uv_.data = this;
  const int error = uv_async_init(&uv_, &signal_, [](uv_async_t* signal) {
    auto* loop = static_cast<UvLoop*>(signal->loop->data);
    loop->RunPosted();
    loop->RunTimers();
  });
  if (error != 0) {
    uv_loop_close(&uv_);
    return error;
  }
  uv_timer_init(&uv_, &wakeup_);  // cannot fail, as the next
  uv_idle_init(&uv_, &next_round_);
  return 0;
}

void UvLoop::Run() {
  if (!is_stopping_) uv_run(&uv_, UV_RUN_DEFAULT);
  has_ended_ = true;
  // These go last, when libuv is done with: whoever learns from the end of a callback that the loop
  // has ended may rely on it. What they own may still call us, and finds that has_ended_.
  const std::vector<EventLoop::Callback> posted = ClosePost();
  const TimerQueue timers = std::exchange(timers_, TimerQueue());
  const std::vector<EventLoop::IoCallback> watches = CloseHandles();
  uv_run(&uv_, UV_RUN_DEFAULT);  // until all handles are closed
  [[maybe_unused]] const int error = uv_loop_close(&uv_);
  assert(error == 0);
}

void UvLoop::Stop() {
  is_stopping_ = true;
  const std::lock_guard<std::mutex> lock(mu_);
  if (!is_closed_) uv_async_send(&signal_);
}

void UvLoop::Post(EventLoop::Callback callback) {
  const std::lock_guard<std::mutex> lock(mu_);
  // A callback that comes too late is destroyed with the parameter: after the lock is released.
  if (is_closed_) return;
  if (posted_.empty()) uv_async_send(&signal_);
  posted_.push_back(std::move(callback));
}

void UvLoop::RunPosted() {
  std::vector<EventLoop::Callback> batch;
  {
    const std::lock_guard<std::mutex> lock(mu_);
    batch.swap(posted_);
  }
  for (EventLoop::Callback& next : batch) {
    if (is_stopping_) break;
    // What a callback owns goes when it has run, not when the whole batch has.
    EventLoop::Callback callback = std::move(next);
    callback();
  }
  if (is_stopping_) uv_stop(&uv_);
}

std::unique_ptr<EventLoop::Handle> UvLoop::RunAfter(absl::Duration delay,
                                                    EventLoop::Callback callback) {
  // The key of no timer: time has passed 1970.
  if (has_ended_) return std::make_unique<TimerHandle>(shared_from_this(), TimerQueue::Key());
  const absl::Time time = ProcessClock().Now() + std::max(delay, absl::ZeroDuration());
  const TimerQueue::Key key = timers_.Add(time, std::move(callback));
  if (timers_.NextTime() == time) ArmWakeup();
  return std::make_unique<TimerHandle>(shared_from_this(), key);
}

void UvLoop::RunTimers() {
  const absl::Time now = ProcessClock().Now();
  const uint64_t end = timers_.next_number();
  while (!is_stopping_) {
    std::optional<EventLoop::Callback> callback = timers_.TakeDue(now, end);
    if (!callback.has_value()) break;
    (*callback)();
  }
  ArmWakeup();
}

void UvLoop::ArmWakeup() {
  const std::optional<absl::Time> next = timers_.NextTime();
  if (!next.has_value()) return;
  const absl::Duration delay = *next - ProcessClock().Now();
  if (delay <= absl::ZeroDuration()) {
    // Not by a timer of no delay: libuv 1.44 runs one that starts itself for ever and nothing else.
    // Not by signal_ either, which takes two system calls; this takes none.
    uv_idle_start(&next_round_, [](uv_idle_t* next_round) {
      uv_idle_stop(next_round);
      static_cast<UvLoop*>(next_round->loop->data)->RunTimers();
    });
    return;
  }
  // Rounded up: libuv counts in milliseconds, and waking early would only mean waking twice.
  const absl::Duration sleep = absl::Ceil(std::min(delay, kMaxSleep), absl::Milliseconds(1));
  uv_update_time(&uv_);  // libuv counts from the time at which this round of the loop began
  uv_timer_start(
      &wakeup_, [](uv_timer_t* timer) { static_cast<UvLoop*>(timer->loop->data)->RunTimers(); },
      static_cast<uint64_t>(absl::ToInt64Milliseconds(sleep)), /*repeat=*/0);
}

std::unique_ptr<EventLoop::Handle> UvLoop::WatchFd(int fd, EventLoop::IoEvents interest,
                                                   EventLoop::IoCallback callback) {
  if (has_ended_) return RunAfter(absl::ZeroDuration(), nullptr);
  auto watch = std::make_shared<Watch>(*this, interest, std::move(callback));
  if (watch->Start(fd, watch) == 0) {
    return std::make_unique<WatchHandle>(shared_from_this(), std::move(watch));
  }
  return RunAfter(absl::ZeroDuration(), [callback = watch->TakeCallback()]() mutable {
    callback({/*readable=*/true, /*writable=*/true});
  });
}

std::vector<EventLoop::Callback> UvLoop::ClosePost() {
  const std::lock_guard<std::mutex> lock(mu_);
  is_closed_ = true;
  return std::exchange(posted_, {});
}

std::vector<EventLoop::IoCallback> UvLoop::CloseHandles() {
  uv_close(reinterpret_cast<uv_handle_t*>(&signal_), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&wakeup_), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&next_round_), nullptr);
  std::vector<EventLoop::IoCallback> callbacks;
  uv_walk(
      &uv_,
      [](uv_handle_t* handle, void* out) {
        if (uv_handle_get_type(handle) != UV_POLL) return;
        static_cast<std::vector<EventLoop::IoCallback>*>(out)->push_back(
            Watch::FromHandle(handle)->Close());
      },
      &callbacks);
  return callbacks;
}

}  // namespace nines

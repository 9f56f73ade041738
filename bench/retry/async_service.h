// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "nines/client.h"
#include "nines/event_loop.h"
#include "nines/uv_event_loop.h"

namespace nines::bench {

/// Servers that answer when a timer says so, for attempts of RunAsync. Thread-safe.
class AsyncService {
 public:
  struct Answer {
    absl::Duration delay;
    absl::Status status;
  };
  /// `draw` says how an attempt ends; called on any thread.
  explicit AsyncService(std::function<Answer()> draw) : draw_(std::move(draw)) {}

  void Begin(AsyncAttempt attempt) {
    ++attempts_;
    loop_->Post([this, attempt = std::move(attempt), answer = draw_()] {
      auto timer = std::make_shared<std::unique_ptr<EventLoop::Handle>>();
      *timer = loop_->RunAfter(answer.delay, [attempt, answer, timer] {
        attempt.Finish(answer.status);
        timer->reset();
      });
    });
  }

  int64_t attempts() const { return attempts_.load(); }

 private:
  const std::function<Answer()> draw_;
  std::atomic<int64_t> attempts_{0};
  const std::shared_ptr<EventLoop> loop_ = *CreateUvEventLoop();
};

/// Makes `count` calls, one every `interval`, each after a `beside`, and waits for them: how long
/// each took, in milliseconds.
std::vector<double> RunPaced(Client& client, AsyncService& service, int count,
                             absl::Duration interval, absl::FunctionRef<void()> beside);

}  // namespace nines::bench

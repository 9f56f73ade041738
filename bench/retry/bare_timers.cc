// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "bare_timers.h"

#include <utility>

#include "absl/time/clock.h"
#include "nines/clock.h"

namespace nines::bench {

void BareTimers::Set(absl::Duration delay) {
  const absl::Time begin = ProcessClock().Now();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++running_;
  }
  loop_->Post([this, begin, delay] {
    auto timer = std::make_shared<std::unique_ptr<EventLoop::Handle>>();
    *timer = loop_->RunAfter(begin + delay - ProcessClock().Now(), [this, begin, timer] {
      const double took = absl::ToDoubleMilliseconds(ProcessClock().Now() - begin);
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        milliseconds_.push_back(took);
        --running_;
      }
      timer->reset();
    });
  });
}

std::vector<double> BareTimers::Take() {
  while (true) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (running_ == 0) return std::exchange(milliseconds_, {});
    }
    absl::SleepFor(absl::Milliseconds(1));
  }
}

}  // namespace nines::bench

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/return_throttle.h"

#include <algorithm>
#include <utility>

namespace nines {
namespace {

// Long enough for a trial call to end before the next step, of most services.
constexpr absl::Duration kStep = absl::Milliseconds(100);

// A usual retryThrottling of ten tokens stops all retries at five failures.
constexpr uint32_t kFirstStep = 4;

// Beyond any pool's size; doubling goes no further.
constexpr uint32_t kMostInStep = 1u << 20;

}  // namespace

bool ReturnThrottle::TryBegin(absl::Time now) {
  if (now >= next_step()) BeginStep(now);
  if (begun_ >= allowed_) return false;
  ++begun_;
  return true;
}

absl::Time ReturnThrottle::next_step() const { return step_begin_ + kStep; }

void ReturnThrottle::BeginStep(absl::Time now) {
  // A step that was not used up says that there is no crowd; one long ago, that it is another one.
  const bool is_next = now < next_step() + kStep && begun_ >= allowed_;
  const bool has_failed = std::exchange(has_failed_, false);
  allowed_ = is_next && !has_failed ? std::min(2 * allowed_, kMostInStep) : kFirstStep;
  begun_ = 0;
  step_begin_ = now;
}

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/clock.h"

#include <chrono>

#include "absl/time/clock.h"

namespace nines {
namespace {

class MonotonicClock final : public Clock {
 public:
  absl::Time Now() const override {
    return wall_at_start_ + absl::FromChrono(std::chrono::steady_clock::now() - start_);
  }

 private:
  const absl::Time wall_at_start_ = absl::Now();
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

const Clock& ProcessClock() {
  // Never destroyed: threads that outlive main() may still read it.
  static const Clock& clock = *new MonotonicClock();
  return clock;
}

}  // namespace nines

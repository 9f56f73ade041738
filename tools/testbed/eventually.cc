// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "testbed/eventually.h"

#include "absl/time/clock.h"

namespace nines::testbed {

bool Eventually(absl::FunctionRef<bool()> condition, absl::Duration patience) {
  constexpr absl::Duration kPause = absl::Milliseconds(5);
  const absl::Time deadline = absl::Now() + patience;
  while (!condition()) {
    if (absl::Now() >= deadline) return false;
    absl::SleepFor(kPause);
  }
  return true;
}

}  // namespace nines::testbed

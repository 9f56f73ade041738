// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "async_service.h"

#include <mutex>

#include "absl/time/clock.h"
#include "nines/clock.h"

namespace nines::bench {

std::vector<double> RunPaced(Client& client, AsyncService& service, int count,
                             absl::Duration interval, absl::FunctionRef<void()> beside) {
  std::mutex mutex;
  std::vector<double> milliseconds;
  std::atomic<int> left{count};
  absl::Time next = ProcessClock().Now();
  for (int i = 0; i < count; ++i, next += interval) {
    absl::SleepFor(next - ProcessClock().Now());
    beside();
    const absl::Time begin = ProcessClock().Now();
    client.RunAsync(
        {}, [&](AsyncAttempt attempt) { service.Begin(std::move(attempt)); },
        [&, begin](const CallResult&) {
          const double took = absl::ToDoubleMilliseconds(ProcessClock().Now() - begin);
          {
            const std::lock_guard<std::mutex> lock(mutex);
            milliseconds.push_back(took);
          }
          --left;
        });
  }
  while (left.load() != 0) absl::SleepFor(absl::Milliseconds(1));
  return milliseconds;
}

}  // namespace nines::bench

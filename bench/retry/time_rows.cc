// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include "absl/time/clock.h"
#include "async_service.h"
#include "bare_timers.h"
#include "nines/clock.h"
#include "nines/random.h"
#include "rows.h"
#include "service.h"
#include "statistics.h"

namespace nines::bench {
namespace {

constexpr char kHedging[] = R"({"methodConfig": [{"name": [{}], "timeout": "5s", "hedgingPolicy": {
    "maxAttempts": 2, "hedgingDelay": "0.002s", "adaptiveDelay": {"quantile": 0.97},
    "nonFatalStatusCodes": ["UNAVAILABLE"]}}]})";

AsyncService::Answer SeldomSlow() {
  const bool is_slow = ProcessRandom().Next() % 100 == 0;
  return {is_slow ? absl::Seconds(1) : absl::Milliseconds(1), absl::OkStatus()};
}

constexpr char kShort[] = R"({"loadBalancingConfig": [{"nines": {
    "outlierDetection": {"consecutiveFailures": 0}}}],
    "methodConfig": [{"name": [{}], "timeout": "0.02s", "retryPolicy": {"maxAttempts": 4,
    "initialBackoff": "0.005s", "maxBackoff": "0.05s", "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"]}}]})";
constexpr double kDeadlineMilliseconds = 20;
constexpr double kGraceMilliseconds = 5;

AsyncService::Answer AnyTime() {
  const uint64_t draw = ProcessRandom().Next();
  return {absl::Microseconds(draw % 40'000),
          draw >> 40 & 1 ? absl::OkStatus() : absl::UnavailableError("down")};
}

int64_t CountLate(const std::vector<double>& milliseconds) {
  return std::count_if(milliseconds.begin(), milliseconds.end(), [](double took) {
    return took > kDeadlineMilliseconds + kGraceMilliseconds;
  });
}

double TimeSleep(absl::Duration duration) {
  const absl::Time begin = ProcessClock().Now();
  absl::SleepFor(duration);
  return absl::ToDoubleMilliseconds(ProcessClock().Now() - begin);
}

// By a function that ends its attempts in time, as Client::Run asks it to. `floor` gets a bare
// sleep after each call.
std::vector<double> RunBlocking(Client& client, int count, std::vector<double>* floor) {
  std::vector<double> milliseconds;
  for (int i = 0; i < count; ++i) {
    floor->push_back(TimeSleep(absl::Milliseconds(kDeadlineMilliseconds)));
    const absl::Time begin = ProcessClock().Now();
    static_cast<void>(client.Run({}, [](const Attempt& attempt) -> absl::Status {
      const AsyncService::Answer answer = AnyTime();
      const absl::Duration left = attempt.deadline - ProcessClock().Now();
      absl::SleepFor(std::min(answer.delay, left));
      return answer.delay < left ? answer.status : absl::DeadlineExceededError("no answer");
    }));
    milliseconds.push_back(absl::ToDoubleMilliseconds(ProcessClock().Now() - begin));
  }
  return milliseconds;
}

}  // namespace

absl::StatusOr<std::vector<Finding>> MeasureTail(const RowOptions& /*options*/) {
  constexpr int kCalls = 20'000;
  const auto client = MakeClient(5, kHedging);
  if (!client.ok()) return client.status();
  AsyncService service(SeldomSlow);
  RunPaced(**client, service, 500, absl::Milliseconds(1), [] {});  // until the quantile is known
  const int64_t before = service.attempts();
  BareTimers timers;
  const std::vector<double> took = RunPaced(**client, service, kCalls, absl::Milliseconds(1),
                                            [&] { timers.Set(absl::Milliseconds(1)); });
  const auto more = static_cast<double>(service.attempts() - before - kCalls);
  return std::vector<Finding>{{.title = "1 % of attempts take 1 s: p99.9 of calls, hedged",
                               .measured = Quantile(took, 0.999),
                               .limit = 20,
                               .unit = "ms",
                               .floor = Quantile(timers.Take(), 0.999)},
                              {.title = "attempts that hedging adds",
                               .measured = 100 * more / kCalls,
                               .limit = 5,
                               .unit = "%"}};
}

absl::StatusOr<std::vector<Finding>> MeasureDeadline(const RowOptions& /*options*/) {
  const auto client = MakeClient(5, kShort);
  if (!client.ok()) return client.status();
  AsyncService service(AnyTime);
  BareTimers timers;
  const int64_t async_late =
      CountLate(RunPaced(**client, service, 5'000, absl::Milliseconds(1),
                         [&] { timers.Set(absl::Milliseconds(kDeadlineMilliseconds)); }));
  std::vector<double> sleeps;
  const int64_t blocking_late = CountLate(RunBlocking(**client, 500, &sleeps));
  return std::vector<Finding>{{.title = "RunAsync: of 5,000, later than deadline + 5 ms",
                               .measured = static_cast<double>(async_late),
                               .limit = 0,
                               .floor = static_cast<double>(CountLate(timers.Take()))},
                              {.title = "Run: of 500, later than deadline + 5 ms",
                               .measured = static_cast<double>(blocking_late),
                               .limit = 0,
                               .floor = static_cast<double>(CountLate(sleeps))}};
}

}  // namespace nines::bench

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <ctime>

#include "nines/clock.h"
#include "rows.h"
#include "service.h"
#include "statistics.h"

namespace nines::bench {
namespace {

constexpr int kRounds = 21;
constexpr int kCallsPerRound = 100'000;

// Of this thread: others that have the processor meanwhile cost a call nothing.
double ThreadNanoseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

double NanosecondsPerCall(absl::FunctionRef<void()> call) {
  std::vector<double> rounds;
  for (int round = 0; round < kRounds; ++round) {
    const double begin = ThreadNanoseconds();
    for (int i = 0; i < kCallsPerRound; ++i) call();
    rounds.push_back((ThreadNanoseconds() - begin) / kCallsPerRound);
  }
  return Quantile(std::move(rounds), 0.5);
}

// A function call that cannot be seen through, like a user's.
[[gnu::noinline]] absl::Status BareAttempt(const absl::string_view address) {
  asm volatile("" : : "r"(address.data()) : "memory");
  return absl::OkStatus();
}

absl::StatusOr<double> OverheadNanoseconds(absl::string_view config) {
  const auto client = MakeClient(5, config);
  if (!client.ok()) return client.status();
  Call call;
  call.method = "/service/method";
  const double with = NanosecondsPerCall([&] {
    static_cast<void>((*client)->Run(
        call, [](const Attempt& attempt) { return BareAttempt(attempt.endpoint.address); }));
  });
  const double bare = NanosecondsPerCall([] { static_cast<void>(BareAttempt(kFirstAddress)); });
  return with - bare;
}

constexpr char kRetryAll[] = R"({"loadBalancingConfig": [{"nines": {"roundRobin": {},
    "retryBudget": {"percent": 400}, "outlierDetection": {"consecutiveFailures": 0}}}],
    "methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 2, "initialBackoff": "1s",
    "maxBackoff": "1s", "backoffMultiplier": 1, "retryableStatusCodes": ["UNAVAILABLE"]}}]})";

// From the end of the first attempt to the beginning of the second: the 99th of a hundred.
absl::StatusOr<double> RetryMicroseconds() {
  const auto client = MakeClient(5, kRetryAll);
  if (!client.ok()) return client.status();
  std::vector<double> delays;
  for (int i = 0; i < 20'000; ++i) {
    absl::Time failed;
    static_cast<void>((*client)->Run({}, [&](const Attempt& attempt) -> absl::Status {
      const absl::Time now = ProcessClock().Now();
      if (attempt.number == 2) {
        delays.push_back(absl::ToDoubleMicroseconds(now - failed));
        return absl::OkStatus();
      }
      failed = now;
      return absl::UnavailableError("down");
    }));
  }
  return Quantile(std::move(delays), 0.99);
}

}  // namespace

absl::StatusOr<std::vector<Finding>> MeasureCost(const RowOptions& options) {
  std::vector<Finding> findings;
  for (const auto& [title, config] :
       {std::pair("a call that needs no retry, over the bare attempt", "{}"),
        std::pair("the same, with a retryPolicy", kRetryAll)}) {
    const auto measured =
        WorstOf(options.trials, [config = config] { return OverheadNanoseconds(config); });
    if (!measured.ok()) return measured.status();
    findings.push_back({.title = title, .measured = *measured, .limit = 150, .unit = "ns"});
  }
  const auto retry = WorstOf(options.trials, [] { return RetryMicroseconds(); });
  if (!retry.ok()) return retry.status();
  findings.push_back({.title = "first retry to another endpoint: time added, p99",
                      .measured = *retry,
                      .limit = 20,
                      .unit = "us"});
  return findings;
}

}  // namespace nines::bench

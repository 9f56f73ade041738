// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "nines/clock.h"
#include "rows.h"
#include "service.h"

namespace nines::bench {
namespace {

std::string RetryConfig(int attempts) {
  return absl::StrCat(R"({"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": )",
                      attempts,
                      R"(, "initialBackoff": "0.001s", "maxBackoff": "0.01s",
      "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE"]}}]})");
}

// Failed calls of 100,000.
absl::StatusOr<double> FailedCalls(int endpoints) {
  constexpr int kThreads = 16;
  constexpr int kCalls = 100'000;
  const auto client = MakeClient(endpoints, RetryConfig(2));
  if (!client.ok()) return client.status();
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int call = 0; call < kCalls / kThreads; ++call) {
        const absl::Status status = (*client)->Run({}, [](const Attempt& attempt) {
          return attempt.endpoint.address == kFirstAddress ? absl::UnavailableError("down")
                                                           : absl::OkStatus();
        });
        if (!status.ok()) ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return failed.load();
}

// 1,000 calls a second of a service that fails whenever it is told to.
class PacedCalls {
 public:
  explicit PacedCalls(Client& client) : client_(client) {}

  void set_is_down(bool is_down) { is_down_ = is_down; }

  void RunFor(absl::Duration duration) {
    const absl::Time end = ProcessClock().Now() + duration;
    for (absl::Time next = ProcessClock().Now(); next < end; next += absl::Milliseconds(1)) {
      absl::SleepFor(next - ProcessClock().Now());
      ++calls_;
      const absl::Status status = client_.Run({}, [this](const Attempt&) {
        ++attempts_;
        return is_down_ ? absl::UnavailableError("down") : absl::OkStatus();
      });
      if (!status.ok()) last_failure_ = ProcessClock().Now();
    }
  }

  // Since this was last asked.
  double TakeAttemptsPerCall() {
    const double ratio = attempts_ / calls_;
    attempts_ = calls_ = 0;
    return ratio;
  }
  absl::Time last_failure() const { return last_failure_; }

 private:
  Client& client_;
  bool is_down_ = false;
  double calls_ = 0;
  double attempts_ = 0;
  absl::Time last_failure_ = absl::InfinitePast();
};

}  // namespace

absl::StatusOr<std::vector<Finding>> MeasureOneBad(const RowOptions& options) {
  std::vector<Finding> findings;
  for (const auto& [endpoints, stock] :
       {std::pair(2, 24.9), std::pair(3, 11.1), std::pair(5, 4.0), std::pair(10, 1.0)}) {
    const auto failed =
        WorstOf(options.trials, [endpoints = endpoints] { return FailedCalls(endpoints); });
    if (!failed.ok()) return failed.status();
    findings.push_back(
        {.title = absl::StrCat("1 bad of ", endpoints, ": failed of 100,000"),
         .measured = *failed,
         .limit = 0,
         .notes = {absl::StrCat("stock gRPC, as was measured once: ", stock, " %")}});
  }
  return findings;
}

absl::StatusOr<std::vector<Finding>> MeasureOutage(const RowOptions& /*options*/) {
  const auto client = MakeClient(5, RetryConfig(3));
  if (!client.ok()) return client.status();
  PacedCalls calls(**client);
  calls.RunFor(absl::Seconds(5));
  calls.TakeAttemptsPerCall();
  calls.set_is_down(true);
  calls.RunFor(absl::Seconds(1));
  const double at_first = calls.TakeAttemptsPerCall();
  calls.RunFor(absl::Seconds(9));
  const double steady = calls.TakeAttemptsPerCall();
  calls.set_is_down(false);
  const absl::Time recovery = ProcessClock().Now();
  calls.RunFor(absl::Seconds(5));
  const double late = std::max(absl::ToDoubleSeconds(calls.last_failure() - recovery), 0.0);
  return std::vector<Finding>{
      {.title = "attempts per call, seconds 2 to 10 of an outage",
       .measured = steady,
       .limit = 1.2,
       .notes = {absl::StrCat("the first second spends what the budget saved: ", at_first)}},
      {.title = "last failed call after the recovery", .measured = late, .limit = 1, .unit = "s"}};
}

}  // namespace nines::bench

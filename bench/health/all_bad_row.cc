// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "rows.h"
#include "scene.h"
#include "testbed/fleet.h"

namespace nines::bench {
namespace {

constexpr size_t kBackends = 2;
constexpr absl::Duration kPhase = absl::Seconds(3);
// Longer than what any endpoint is ejected for in the beginning (5 s), so that what comes back too
// late is seen.
constexpr absl::Duration kAfterwards = absl::Seconds(8);
constexpr absl::Duration kRecovery = absl::Seconds(1);

struct Play {
  double ejected = 0;          // endpoints, while one is bad
  double reached_ratio = 0;    // attempts that reached a backend ÷ calls, while both are
  double failed_after_1s = 0;  // calls, when both are well again
};

absl::StatusOr<uint64_t> CallsReceived(testbed::Fleet& fleet) {
  uint64_t calls = 0;
  for (size_t i = 0; i < fleet.size(); ++i) {
    const absl::StatusOr<uint64_t> received = fleet.backend(i).CallsReceived();
    if (!received.ok()) return received.status();
    calls += *received;
  }
  return calls;
}

/// For as long as both backends fail: attempts that reach one, per call.
absl::StatusOr<double> RatioReached(testbed::Fleet& fleet, const Scene& scene) {
  const absl::StatusOr<uint64_t> before = CallsReceived(fleet);
  const absl::Time begin = Now();
  absl::SleepFor(kPhase);
  const absl::StatusOr<uint64_t> after = CallsReceived(fleet);
  const Period period = {begin, Now()};
  if (!before.ok()) return before.status();
  if (!after.ok()) return after.status();
  // Calls that are still under way are not in the log: let them end.
  absl::SleepFor(kRecovery);
  return static_cast<double>(*after - *before) /
         static_cast<double>(std::max<size_t>(1, scene.calls().Count(period)));
}

absl::StatusOr<Play> PlayOnce(Contender contender) {
  absl::StatusOr<std::unique_ptr<testbed::Fleet>> fleet = testbed::Fleet::Start(kBackends);
  if (!fleet.ok()) return fleet.status();
  absl::StatusOr<std::unique_ptr<Scene>> scene = Scene::Start(
      {.contender = contender, .addresses = (*fleet)->addresses(), .calls_per_second = 400});
  if (!scene.ok()) return scene.status();
  absl::SleepFor(kPhase);
  testbed::Backend& first = (*fleet)->backend(0);
  testbed::Backend& second = (*fleet)->backend(1);
  if (absl::Status status = first.AnswerWith("UNAVAILABLE"); !status.ok()) return status;
  absl::SleepFor(kPhase);
  Play play;
  play.ejected = static_cast<double>((*scene)->events().CountChanges(HealthState::kEjected, {}));
  if (absl::Status status = second.AnswerWith("UNAVAILABLE"); !status.ok()) return status;
  const absl::StatusOr<double> reached_ratio = RatioReached(**fleet, **scene);
  if (!reached_ratio.ok()) return reached_ratio.status();
  play.reached_ratio = *reached_ratio;
  absl::Status healed = first.AnswerOk();
  healed.Update(second.AnswerOk());
  if (!healed.ok()) return healed;
  const absl::Time recovery = Now();
  absl::SleepFor(kAfterwards);
  (*scene)->EndCalls();
  play.failed_after_1s = static_cast<double>(
      (*scene)->calls().CountFailed({recovery + kRecovery, absl::InfiniteFuture()}));
  return play;
}

std::vector<Finding> Findings(const Play& nines, const Play& stock) {
  return {{.title = "1 of 2 fails: endpoints ejected",
           .measured = nines.ejected,
           .bound = Finding::Bound::kAtLeast,
           .limit = 1},
          {.title = "both fail: attempts that reach a server, per call",
           .measured = nines.reached_ratio,
           .bound = Finding::Bound::kAtLeast,
           .limit = 1,
           .stock = stock.reached_ratio},
          {.title = "both well: calls failed more than 1 s later",
           .measured = nines.failed_after_1s,
           .limit = 0,
           .stock = stock.failed_after_1s}};
}

}  // namespace

absl::StatusOr<std::vector<Finding>> MeasureAllBad(const RowOptions& options) {
  absl::StatusOr<Play> worst = PlayOnce(Contender::kNines);
  for (int i = 1; worst.ok() && i < options.trials; ++i) {
    const absl::StatusOr<Play> play = PlayOnce(Contender::kNines);
    if (!play.ok()) return play.status();
    worst->ejected = std::min(worst->ejected, play->ejected);
    worst->reached_ratio = std::min(worst->reached_ratio, play->reached_ratio);
    worst->failed_after_1s = std::max(worst->failed_after_1s, play->failed_after_1s);
  }
  if (!worst.ok()) return worst.status();
  const absl::StatusOr<Play> stock = PlayOnce(Contender::kStock);
  if (!stock.ok()) return stock.status();
  return Findings(*worst, *stock);
}

}  // namespace nines::bench

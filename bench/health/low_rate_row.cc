// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "false_ejections.h"
#include "rows.h"
#include "scene.h"

namespace nines::bench {
namespace {

constexpr size_t kBackends = 3;
constexpr double kCallsPerSecond = 2;  // to each backend
constexpr int kFailingPercent = 20;
constexpr absl::Duration kSettling = absl::Seconds(10);
constexpr absl::Duration kPatience = absl::Seconds(75);
// Nine answers in a row that stock's round robin would have gone to it for.
constexpr absl::Duration kSilence = absl::Milliseconds(4500);

/// Three backends, and both contenders as their clients at once: at this rate nobody is in
/// another's way.
struct Trial {
  Duel duel;
  absl::Time begin = absl::InfiniteFuture();  // of the failures

  testbed::Backend& bad() const { return duel.fleet->backend(0); }

  std::optional<absl::Time> Ejected() const {
    return duel.nines->events().FirstChange(bad().address(), HealthState::kEjected, {begin});
  }
  std::optional<absl::Time> SilentToStock() const {
    const auto silences = duel.stock->calls().SilencesOf(bad().name(), kSilence, {begin, Now()});
    if (silences.empty()) return std::nullopt;
    return silences.front();
  }
};

absl::StatusOr<Trial> Begin() {
  absl::StatusOr<Duel> duel =
      Duel::Start(kBackends, {.calls_per_second = kCallsPerSecond * kBackends});
  if (!duel.ok()) return duel.status();
  return Trial{*std::move(duel)};
}

absl::StatusOr<std::vector<Trial>> BeginAll(int count) {
  std::vector<Trial> trials;
  for (int i = 0; i < count; ++i) {
    absl::StatusOr<Trial> trial = Begin();
    if (!trial.ok()) return trial.status();
    trials.push_back(*std::move(trial));
  }
  absl::SleepFor(kSettling);
  for (Trial& trial : trials) {
    trial.begin = Now();
    const absl::Status status = trial.bad().AnswerWith("UNAVAILABLE", kFailingPercent);
    if (!status.ok()) return status;
  }
  return trials;
}

absl::StatusOr<Finding> TimeToEjection(int count) {
  const absl::StatusOr<std::vector<Trial>> trials = BeginAll(count);
  if (!trials.ok()) return trials.status();
  // All the time, so that stock gRPC has it, too.
  absl::SleepFor(kPatience);
  Finding finding = {.title = "20 % of 2 calls/s fail on 1 of 3 -> ejected",
                     .measured = 0,
                     .limit = 60,
                     .unit = "s",
                     .stock = 0};
  for (const Trial& trial : *trials) {
    finding.measured = std::max(finding.measured, SecondsBetween(trial.begin, trial.Ejected()));
    finding.stock = std::max(*finding.stock, SecondsBetween(trial.begin, trial.SilentToStock()));
  }
  return finding;
}

/// How often a healthy endpoint of such a service is ejected.
Finding FalseEjections(const std::string& who_fails, std::vector<double> failing) {
  constexpr double kDays = 10;
  const VirtualService service = {.failing = std::move(failing),
                                  .calls_per_second = kCallsPerSecond};
  const VirtualEjections ejections = RunVirtually(service, kDays * absl::Hours(24));
  Finding finding = {.title = absl::StrCat("healthy ones ejected in virtual 24 h: ", who_fails),
                     .measured = static_cast<double>(ejections.healthy_ejected) / kDays,
                     .bound = Finding::Bound::kBelow,
                     .limit = 1};
  if (!ejections.first_reason.empty()) {
    finding.notes = {
        absl::StrCat(who_fails, ": the first healthy one ejected: ", ejections.first_reason)};
  }
  return finding;
}

}  // namespace

absl::StatusOr<std::vector<Finding>> MeasureLowRate(const RowOptions& options) {
  const absl::StatusOr<Finding> ejected = TimeToEjection(options.trials);
  if (!ejected.ok()) return ejected.status();
  return std::vector<Finding>{*ejected, FalseEjections("1 of 3 fails 20 %", {0.2, 0, 0}),
                              FalseEjections("all 0 %", {0, 0, 0}),
                              FalseEjections("all 1 %", {0.01, 0.01, 0.01}),
                              FalseEjections("all 10 %", {0.1, 0.1, 0.1})};
}

}  // namespace nines::bench

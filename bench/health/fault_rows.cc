// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What one of five endpoints does to the others' calls: errors, hang, slow, not_found.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "rows.h"
#include "scene.h"
#include "testbed/fleet.h"

namespace nines::bench {
namespace {

using testbed::Fleet;

constexpr size_t kBackends = 5;
constexpr size_t kBad = 2;
constexpr absl::Duration kSettling = absl::Seconds(2);
// Less than the time after which an ejected endpoint gets a trial call (both contenders: 5 s).
constexpr absl::Duration kUntilTrials = absl::Seconds(4);

/// Backends of which one is about to go bad, and a client that calls them.
struct Stage {
  std::unique_ptr<Fleet> fleet;
  std::unique_ptr<Scene> scene;

  testbed::Backend& bad() { return fleet->backend(kBad); }
};

/// Begins the calls, once `prepare` has told the backends how to answer.
absl::StatusOr<Stage> SetStage(
    Contender contender,
    absl::FunctionRef<absl::Status(Fleet&)> prepare = [](Fleet&) { return absl::OkStatus(); }) {
  absl::StatusOr<std::unique_ptr<Fleet>> fleet = Fleet::Start(kBackends);
  if (!fleet.ok()) return fleet.status();
  if (absl::Status status = prepare(**fleet); !status.ok()) return status;
  absl::StatusOr<std::unique_ptr<Scene>> scene =
      Scene::Start({.contender = contender, .addresses = (*fleet)->addresses()});
  if (!scene.ok()) return scene.status();
  absl::SleepFor(kSettling);
  return Stage{*std::move(fleet), *std::move(scene)};
}

absl::StatusOr<double> CountFailingCalls(Contender contender) {
  absl::StatusOr<Stage> stage = SetStage(contender);
  if (!stage.ok()) return stage.status();
  if (absl::Status status = stage->bad().AnswerWith("UNAVAILABLE"); !status.ok()) return status;
  absl::SleepFor(kUntilTrials);
  const absl::StatusOr<uint64_t> failed = stage->bad().CallsFailed();
  if (!failed.ok()) return failed.status();
  return static_cast<double>(*failed);
}

absl::StatusOr<double> TimeHang(Contender contender) {
  // Calls that were sent to a stopped backend take the retry policy's 200 ms at least, the others
  // a few milliseconds.
  constexpr absl::Duration kSlow = absl::Milliseconds(150);
  absl::StatusOr<Stage> stage = SetStage(contender);
  if (!stage.ok()) return stage.status();
  const absl::Time begin = Now();
  if (absl::Status status = stage->bad().Hang(); !status.ok()) return status;
  absl::SleepFor(kUntilTrials);
  const Period period = {begin, begin + kUntilTrials};
  const std::string address = stage->bad().address();
  stage->scene->EndCalls();
  if (absl::Status status = stage->bad().Resume(); !status.ok()) return status;
  return MillisecondsBetween(
      begin, contender == Contender::kNines
                 ? stage->scene->events().FirstChange(address, HealthState::kEjected, period)
                 : stage->scene->calls().LastSlowerThan(kSlow, period));
}

absl::Status SlowDown(Fleet& fleet, absl::Duration delay) {
  absl::Status status;
  for (size_t i = 0; i < fleet.size(); ++i) status.Update(fleet.backend(i).AnswerAfter(delay));
  return status;
}

absl::StatusOr<double> MeasureShareOfSlow(Contender contender) {
  constexpr absl::Duration kUsual = absl::Milliseconds(10);
  constexpr absl::Duration kPatience = absl::Seconds(2);
  absl::StatusOr<Stage> stage =
      SetStage(contender, [&](Fleet& fleet) { return SlowDown(fleet, kUsual); });
  if (!stage.ok()) return stage.status();
  if (absl::Status status = stage->bad().AnswerAfter(10 * kUsual); !status.ok()) return status;
  const absl::Time begin = Now();
  absl::SleepFor(kUntilTrials);
  stage->scene->EndCalls();
  const Period period = {begin + kPatience, begin + kUntilTrials};
  return 100 * stage->scene->calls().Share(stage->bad().name(), period);
}

absl::Status AnswerSomeNotFound(Fleet& fleet) {
  constexpr int kPercent = 10;
  absl::Status status;
  for (size_t i = 0; i < fleet.size(); ++i) {
    status.Update(fleet.backend(i).AnswerWith("NOT_FOUND", kPercent));
  }
  return status;
}

absl::StatusOr<double> CountEjections(Contender contender, std::vector<std::string>& reasons) {
  constexpr absl::Duration kLength = absl::Seconds(15);
  constexpr absl::Duration kSilence = absl::Seconds(1);  // of who usually gets 200 calls in it
  absl::StatusOr<Stage> stage = SetStage(contender, AnswerSomeNotFound);
  if (!stage.ok()) return stage.status();
  const absl::Time begin = Now();
  absl::SleepFor(kLength);
  stage->scene->EndCalls();
  if (contender == Contender::kNines) {
    const std::vector<std::string> ejected =
        stage->scene->events().ReasonsOf(HealthState::kEjected);
    reasons.insert(reasons.end(), ejected.begin(), ejected.end());
    return static_cast<double>(ejected.size());
  }
  size_t silences = 0;
  for (size_t i = 0; i < kBackends; ++i) {
    const std::string name = stage->fleet->backend(i).name();
    silences += stage->scene->calls().SilencesOf(name, kSilence, {begin, begin + kLength}).size();
  }
  return static_cast<double>(silences);
}

/// The finding of a row that has one: nines' worst trial, and stock's only one.
absl::StatusOr<std::vector<Finding>> Compare(
    int trials, absl::FunctionRef<absl::StatusOr<double>(Contender)> measure, Finding finding) {
  const auto nines = WorstOf(trials, [&] { return measure(Contender::kNines); });
  if (!nines.ok()) return nines.status();
  const absl::StatusOr<double> stock = measure(Contender::kStock);
  if (!stock.ok()) return stock.status();
  finding.measured = *nines;
  finding.stock = *stock;
  return std::vector<Finding>{finding};
}

}  // namespace

absl::StatusOr<std::vector<Finding>> MeasureErrors(const RowOptions& options) {
  return Compare(options.trials, CountFailingCalls,
                 {.title = "failing calls sent to it, but for trials", .limit = 5});
}

absl::StatusOr<std::vector<Finding>> MeasureHang(const RowOptions& options) {
  return Compare(options.trials, TimeHang,
                 {.title = "SIGSTOP -> out of rotation", .limit = 150, .unit = "ms"});
}

absl::StatusOr<std::vector<Finding>> MeasureSlow(const RowOptions& options) {
  return Compare(options.trials, MeasureShareOfSlow,
                 {.title = "10 x as slow as its peers: share of calls after 2 s",
                  .bound = Finding::Bound::kBelow,
                  .limit = 2,
                  .unit = "%"});
}

absl::StatusOr<std::vector<Finding>> MeasureNotFound(const RowOptions& options) {
  std::vector<std::string> reasons;
  auto findings = Compare(options.trials,
                          [&](Contender contender) { return CountEjections(contender, reasons); },
                          {.title = "10 % NOT_FOUND everywhere: ejections in 15 s", .limit = 0});
  if (findings.ok()) findings->front().notes = std::move(reasons);
  return findings;
}

}  // namespace nines::bench

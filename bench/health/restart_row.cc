// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "rows.h"
#include "scene.h"
#include "testbed/stock_channel.h"

namespace nines::bench {
namespace {

constexpr size_t kBackends = 3;
constexpr size_t kAway = 1;
constexpr absl::Duration kSettling = absl::Seconds(2);
// By then, gRPC's attempts to connect are more than ten seconds apart (1 s, each 1.6 times the one
// before).
constexpr absl::Duration kAbsence = absl::Seconds(20);
constexpr absl::Duration kPatience = absl::Seconds(25);
constexpr double kProbeInterval = 1;

/// nines with probes, as often as kProbeInterval says.
ServiceConfigs ProbingConfigs() {
  ServiceConfigs configs = FaultConfigs();
  configs.nines =
      testbed::ServiceConfig(R"([{"nines": {"healthCheck": {"interval": "1s", "tcp": {}}}}])",
                             testbed::kRetryMethodConfig);
  return configs;
}

/// A fleet of which one backend comes back, for both contenders at once.
struct Trial {
  Duel duel;
  absl::Time back = absl::InfiniteFuture();

  testbed::Backend& away() const { return duel.fleet->backend(kAway); }
  std::optional<absl::Time> FirstCall(const Scene& scene) const {
    return scene.calls().FirstAnswerOf(away().name(), {back});
  }
};

absl::StatusOr<Trial> Begin() {
  absl::StatusOr<Duel> duel =
      Duel::Start(kBackends, {.configs = ProbingConfigs(), .calls_per_second = 100 * kBackends});
  if (!duel.ok()) return duel.status();
  return Trial{*std::move(duel)};
}

absl::StatusOr<std::vector<Trial>> PlayAll(int count) {
  std::vector<Trial> trials;
  for (int i = 0; i < count; ++i) {
    absl::StatusOr<Trial> trial = Begin();
    if (!trial.ok()) return trial.status();
    trials.push_back(*std::move(trial));
  }
  absl::SleepFor(kSettling);
  for (const Trial& trial : trials) {
    if (absl::Status status = trial.away().Kill(); !status.ok()) return status;
  }
  absl::SleepFor(kAbsence);
  for (Trial& trial : trials) {
    if (absl::Status status = trial.away().Restart(); !status.ok()) return status;
    trial.back = Now();
  }
  absl::SleepFor(kPatience);
  return trials;
}

}  // namespace

absl::StatusOr<std::vector<Finding>> MeasureRestart(const RowOptions& options) {
  const absl::StatusOr<std::vector<Trial>> trials = PlayAll(options.trials);
  if (!trials.ok()) return trials.status();
  Finding finding = {.title = "restarted after 20 s -> first call, probes every 1 s",
                     .measured = 0,
                     .limit = 2 * kProbeInterval,
                     .unit = "s",
                     .stock = 0};
  for (const Trial& trial : *trials) {
    finding.measured =
        std::max(finding.measured, SecondsBetween(trial.back, trial.FirstCall(*trial.duel.nines)));
    finding.stock =
        std::max(*finding.stock, SecondsBetween(trial.back, trial.FirstCall(*trial.duel.stock)));
  }
  return std::vector<Finding>{finding};
}

}  // namespace nines::bench

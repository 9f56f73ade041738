// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "rows.h"
#include "scene.h"
#include "testbed/far_host.h"
#include "testbed/fleet.h"

namespace nines::bench {
namespace {

constexpr char kTitle[] = "packets vanish -> out of rotation";
constexpr char kFailedTitle[] = "packets vanish: calls failed";

struct Outage {
  double out_after_s = kNever;
  double failed = 0;
};

/// Four backends here and one on a host that is cut off.
absl::StatusOr<Outage> CutOff(Contender contender, testbed::FarHost& host) {
  constexpr absl::Duration kSettling = absl::Seconds(2);
  constexpr absl::Duration kLength = absl::Seconds(4);       // before the first trial call
  constexpr absl::Duration kSlow = absl::Milliseconds(150);  // as in row hang
  absl::StatusOr<std::unique_ptr<testbed::Fleet>> fleet = testbed::Fleet::Start(4);
  if (!fleet.ok()) return fleet.status();
  const std::string address = absl::StrCat(host.address(), ":", (*fleet)->port());
  const absl::StatusOr<std::unique_ptr<testbed::Backend>> far =
      testbed::Backend::Start({.name = "far", .address = address, .launcher = host.launcher()});
  if (!far.ok()) return far.status();
  Scene::Options options = {.contender = contender, .addresses = (*fleet)->addresses()};
  options.addresses.push_back(address);
  const absl::StatusOr<std::unique_ptr<Scene>> scene = Scene::Start(options);
  if (!scene.ok()) return scene.status();
  absl::SleepFor(kSettling);
  const absl::Time begin = Now();
  if (absl::Status status = host.Cut(); !status.ok()) return status;
  absl::SleepFor(kLength);
  (*scene)->EndCalls();
  if (absl::Status status = host.Mend(); !status.ok()) return status;
  const Period period = {begin, begin + kLength};
  const auto end = contender == Contender::kNines
                       ? (*scene)->events().FirstChange(address, HealthState::kEjected, period)
                       : (*scene)->calls().LastSlowerThan(kSlow, period);
  return Outage{SecondsBetween(begin, end),
                static_cast<double>((*scene)->calls().CountFailed(period))};
}

std::vector<Finding> LeaveOut(const absl::Status& why) {
  Finding out_after = {.title = kTitle, .limit = 1, .unit = "s"};
  out_after.left_out = std::string(why.message());
  Finding failed = {.title = kFailedTitle, .limit = 0};
  failed.left_out = std::string(why.message());
  return {out_after, failed};
}

}  // namespace

absl::StatusOr<std::vector<Finding>> MeasureBlackHole(const RowOptions& options) {
  if (!options.own_network.ok()) return LeaveOut(options.own_network);
  const absl::StatusOr<std::unique_ptr<testbed::FarHost>> host = testbed::FarHost::Start();
  if (absl::IsFailedPrecondition(host.status())) return LeaveOut(host.status());
  if (!host.ok()) return host.status();
  Outage worst = {0, 0};
  for (int i = 0; i < options.trials; ++i) {
    const absl::StatusOr<Outage> outage = CutOff(Contender::kNines, **host);
    if (!outage.ok()) return outage.status();
    worst.out_after_s = std::max(worst.out_after_s, outage->out_after_s);
    worst.failed = std::max(worst.failed, outage->failed);
  }
  const absl::StatusOr<Outage> stock = CutOff(Contender::kStock, **host);
  if (!stock.ok()) return stock.status();
  return std::vector<Finding>{
      {.title = kTitle,
       .measured = worst.out_after_s,
       .limit = 1,
       .unit = "s",
       .stock = stock->out_after_s},
      {.title = kFailedTitle, .measured = worst.failed, .limit = 0, .stock = stock->failed}};
}

}  // namespace nines::bench

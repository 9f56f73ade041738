// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "scenarios.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "testbed/closed_loop_load.h"
#include "testbed/open_loop_load.h"

namespace nines::bench {
namespace {

using testbed::CallTally;
using testbed::DnsServer;
using testbed::Fault;
using testbed::Fleet;
using testbed::OpenLoopLoad;

constexpr size_t kBackends = 5;

/// Hurts and heals while `load` runs.
absl::Status PlayFaults(const std::vector<Fault>& faults, absl::Duration length, Fleet& fleet,
                        OpenLoopLoad& load) {
  const absl::Time start = absl::Now();
  load.Start();
  absl::SleepFor(start + length / 4 - absl::Now());
  for (const Fault& fault : faults) {
    if (absl::Status status = Inject(fault, fleet); !status.ok()) return status;
  }
  absl::SleepFor(start + length * 3 / 4 - absl::Now());
  for (const Fault& fault : faults) {
    if (absl::Status status = Heal(fault, fleet); !status.ok()) return status;
  }
  load.Wait();
  return absl::OkStatus();
}

}  // namespace

std::vector<FaultScenario> FaultScenarios() {
  return {
      {"kill", "SIGKILL, then restart", {{Fault::Kind::kKill, {2}}}, {}},
      {"hang", "SIGSTOP (hang)", {{Fault::Kind::kHang, {2}}}, {.p99 = absl::Milliseconds(60)}},
      {"hang_and_errors",
       "one hangs, another UNAVAILABLE",
       {{Fault::Kind::kHang, {2}}, {Fault::Kind::kErrors, {4}}},
       {.p99 = absl::Milliseconds(60)}},
      {"errors",
       "all its calls UNAVAILABLE",
       {{Fault::Kind::kErrors, {2}}},
       {.p99 = absl::Milliseconds(5)}},
      {"most_errors",
       "3 of 5 backends UNAVAILABLE",
       {{Fault::Kind::kErrors, {0, 2, 3}}},
       {.p99 = absl::Milliseconds(10)}},
  };
}

absl::StatusOr<CallTally> RunFault(const FaultScenario& scenario, Contender contender,
                                   const FaultRun& run, DnsServer& dns) {
  absl::StatusOr<std::unique_ptr<Fleet>> fleet = Fleet::Start(kBackends);
  if (!fleet.ok()) return fleet.status();
  absl::StatusOr<std::shared_ptr<::grpc::Channel>> channel =
      CreateWarmChannel(contender, FaultConfigs(), **fleet, dns);
  if (!channel.ok()) return channel.status();
  OpenLoopLoad::Options options;
  options.calls_per_second = run.calls_per_second;
  options.max_calls =
      static_cast<uint64_t>(run.calls_per_second * absl::ToDoubleSeconds(run.length));
  OpenLoopLoad load(*channel, options);
  if (absl::Status status = PlayFaults(scenario.faults, run.length, **fleet, load); !status.ok()) {
    return status;
  }
  return load.Total();
}

absl::StatusOr<CallTally> RunTwoAttempts(Contender contender, uint64_t calls, size_t backends,
                                         DnsServer& dns) {
  constexpr int kThreads = 16;
  absl::StatusOr<std::unique_ptr<Fleet>> fleet = Fleet::Start(backends);
  if (!fleet.ok()) return fleet.status();
  absl::StatusOr<std::shared_ptr<::grpc::Channel>> channel =
      CreateWarmChannel(contender, TwoAttemptsConfigs(), **fleet, dns);
  if (!channel.ok()) return channel.status();
  if (absl::Status status = Inject({Fault::Kind::kErrors, {0}}, **fleet); !status.ok()) {
    return status;
  }
  testbed::ClosedLoopLoad load;
  load.threads = kThreads;
  load.calls_per_thread = calls / kThreads;
  return RunClosedLoop(load, *channel).tally;
}

}  // namespace nines::bench

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nines/config.h"
#include "nines/event_loop.h"
#include "nines/health.h"
#include "nines/random.h"

namespace nines {

// The heartbeat: probes each address every interval, give or take the jitter. The first probe of an
// address falls uniformly within one interval, so that many clients that start together do not
// probe together. One probe per address at a time.
//
// Confined to the event loop's thread.
class ProbeScheduler {
 public:
  // Hears of each result; may destroy the scheduler.
  using OnResult = std::function<void(const std::string& address, const absl::Status& result)>;

  ProbeScheduler(EventLoop& loop, RandomSource& random, std::shared_ptr<Prober> prober,
                 HealthCheckConfig config, OnResult on_result);

  // Probes these from now on, and no others. Those that stay keep their rhythm.
  void SetAddresses(const std::vector<std::string>& addresses);

 private:
  struct Heartbeat {
    std::unique_ptr<EventLoop::Handle> timer;
    std::unique_ptr<Prober::Probe> probe;
  };

  void Schedule(const std::string& address, absl::Duration delay);
  void StartProbe(const std::string& address);
  void OnProbeDone(const std::string& address, const absl::Status& result);
  absl::Duration JitteredInterval();

  EventLoop& loop_;
  RandomSource& random_;
  const std::shared_ptr<Prober> prober_;
  const HealthCheckConfig config_;
  const OnResult on_result_;
  absl::flat_hash_map<std::string, Heartbeat> heartbeats_;
};

}  // namespace nines

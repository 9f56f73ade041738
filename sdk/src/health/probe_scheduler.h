// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <deque>
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
// probe together. One probe per address at a time, and no more than kMaxUnderWay of all: the others
// wait their turn, oldest first. So endpoints that let probes time out make all probes rarer, and
// never take all descriptors of the process.
//
// Confined to the event loop's thread.
class ProbeScheduler {
 public:
  // An eighth of the usual limit of 1,024 descriptors. Of 1,000 endpoints that answer within 10 ms,
  // probed every 2 s, five are under way at a time; 128 suffice as long as fewer than 256 of them
  // hang, with a timeout of 1 s.
  static constexpr size_t kMaxUnderWay = 128;

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
    bool is_waiting = false;  // for its turn
  };

  void Schedule(const std::string& address, absl::Duration delay);
  void OnBeat(const std::string& address);
  void StartProbe(const std::string& address);
  void StartWaitingProbes();
  void OnProbeDone(const std::string& address, const absl::Status& result);
  absl::Duration JitteredInterval();

  EventLoop& loop_;
  RandomSource& random_;
  const std::shared_ptr<Prober> prober_;
  const HealthCheckConfig config_;
  const OnResult on_result_;
  absl::flat_hash_map<std::string, Heartbeat> heartbeats_;
  size_t under_way_ = 0;             // heartbeats that have a probe
  std::deque<std::string> waiting_;  // oldest first; those that are not is_waiting have gone since
};

}  // namespace nines

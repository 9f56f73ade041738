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
#include "health/endpoint_listener.h"
#include "health/probe_pace.h"
#include "nines/config.h"
#include "nines/event_loop.h"
#include "nines/health.h"
#include "nines/probe_budget.h"
#include "nines/random.h"

namespace nines {

// The heartbeat: a beat for each address every interval, give or take the jitter, which probes it
// unless its calls prove that it is well; suspects are probed more often (ProbePace). The first
// beat of an address falls uniformly within one interval, so that many clients that start together
// do not probe together. One probe per address at a time, and as many as the loop's ProbeBudget
// allows: the others wait their turn, oldest first. What endpoints say of themselves in between is
// heard too, if the prober listens (EndpointListener).
//
// Confined to the event loop's thread.
class ProbeScheduler final : private ProbeBudget::Taker {
 public:
  struct Hooks {
    // Hears of each result, and when the probe began; may destroy the scheduler.
    std::function<void(const std::string& address, absl::Time began, const absl::Status& result)>
        on_result;
    // Hears of what endpoints say unasked; as on_result. May be empty: then nobody listens.
    EndpointListener::OnWord on_word;
    // Asked at each beat. May be empty: then all calls are unknown.
    std::function<CallsSeen(const std::string& address)> calls_seen;
  };

  ProbeScheduler(EventLoop& loop, RandomSource& random, std::shared_ptr<Prober> prober,
                 HealthCheckConfig config, Hooks hooks);
  ProbeScheduler(const ProbeScheduler&) = delete;
  ProbeScheduler& operator=(const ProbeScheduler&) = delete;
  ~ProbeScheduler() override;

  // Probes these from now on, and no others. Those that stay keep their rhythm.
  void SetAddresses(const std::vector<std::string>& addresses);

 private:
  struct Heartbeat {
    std::unique_ptr<EventLoop::Handle> timer;
    std::unique_ptr<Prober::Probe> probe;
    absl::Time began;         // the latest probe
    bool is_waiting = false;  // for its turn
    ProbePace pace;
    std::unique_ptr<EndpointListener> listener;  // null until the first probe has ended
  };

  bool UsePlace() override;

  void Schedule(const std::string& address, absl::Duration delay);
  void OnBeat(const std::string& address);
  void StartProbe(const std::string& address);
  void OnProbeDone(const std::string& address, const absl::Status& result);
  void Listen(const std::string& address, const absl::Status& result);
  // The time from one beat of it to the next.
  absl::Duration Interval(const Heartbeat& heartbeat);

  EventLoop& loop_;
  RandomSource& random_;
  const std::shared_ptr<Prober> prober_;
  const HealthCheckConfig config_;
  const Hooks hooks_;
  ProbeBudget& budget_;
  const absl::Time first_tick_;
  absl::Duration tick_;  // beats fall on first_tick_ and on whole ticks after it
  absl::flat_hash_map<std::string, Heartbeat> heartbeats_;
  size_t under_way_ = 0;             // heartbeats that have a probe, and a place in the budget
  std::deque<std::string> waiting_;  // oldest first; those that are not is_waiting have gone since
};

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/probe_scheduler.h"

#include <utility>

namespace nines {

ProbeScheduler::ProbeScheduler(EventLoop& loop, RandomSource& random,
                               std::shared_ptr<Prober> prober, HealthCheckConfig config,
                               OnResult on_result)
    : loop_(loop),
      random_(random),
      prober_(std::move(prober)),
      config_(std::move(config)),
      on_result_(std::move(on_result)) {}

void ProbeScheduler::SetAddresses(const std::vector<std::string>& addresses) {
  absl::flat_hash_map<std::string, Heartbeat> previous = std::exchange(heartbeats_, {});
  std::vector<std::string> added;
  for (const std::string& address : addresses) {
    const auto known = previous.find(address);
    const bool is_new = known == previous.end();
    heartbeats_.emplace(address, is_new ? Heartbeat{} : std::move(known->second));
    if (is_new) {
      added.push_back(address);
    } else {
      previous.erase(known);
    }
  }
  for (auto& [address, heartbeat] : previous) {
    if (std::exchange(heartbeat.probe, nullptr) != nullptr) --under_way_;
    prober_->Forget(address);
  }
  for (const std::string& address : added) {
    Schedule(address, config_.interval * UnitInterval(random_.Next()));
  }
  StartWaitingProbes();
}

void ProbeScheduler::Schedule(const std::string& address, absl::Duration delay) {
  heartbeats_[address].timer = loop_.RunAfter(delay, [this, address] { OnBeat(address); });
}

void ProbeScheduler::OnBeat(const std::string& address) {
  // The next beat is due an interval after this one began, not ended: probes that time out must
  // not be rarer than those that succeed.
  Schedule(address, JitteredInterval());
  Heartbeat& heartbeat = heartbeats_[address];
  if (heartbeat.probe != nullptr || heartbeat.is_waiting) return;
  if (under_way_ < kMaxUnderWay) return StartProbe(address);
  heartbeat.is_waiting = true;
  waiting_.push_back(address);
}

void ProbeScheduler::StartProbe(const std::string& address) {
  ++under_way_;
  heartbeats_[address].probe =
      prober_->Start(address, config_.timeout,
                     [this, address](const absl::Status& result) { OnProbeDone(address, result); });
}

void ProbeScheduler::StartWaitingProbes() {
  while (under_way_ < kMaxUnderWay && !waiting_.empty()) {
    const std::string address = std::move(waiting_.front());
    waiting_.pop_front();
    const auto known = heartbeats_.find(address);
    if (known == heartbeats_.end() || !std::exchange(known->second.is_waiting, false)) continue;
    StartProbe(address);
  }
}

void ProbeScheduler::OnProbeDone(const std::string& address, const absl::Status& result) {
  // Copies: the probe that owns this callback goes first, and on_result_ may destroy this.
  // NOLINTBEGIN(performance-unnecessary-copy-initialization): they outlive what they copy
  const std::string probed = address;
  const absl::Status status = result;
  // NOLINTEND(performance-unnecessary-copy-initialization)
  heartbeats_[probed].probe.reset();
  --under_way_;
  StartWaitingProbes();
  on_result_(probed, status);
}

absl::Duration ProbeScheduler::JitteredInterval() {
  const double share = config_.jitter_percent / 100.0;
  return config_.interval * (1 + share * (2 * UnitInterval(random_.Next()) - 1));
}

}  // namespace nines

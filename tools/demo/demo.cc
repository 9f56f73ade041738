// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "demo.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"

namespace nines::demo {
namespace {

/// Five pictures a second: as much as an eye follows, and no load.
constexpr absl::Duration kFrame = absl::Milliseconds(200);

absl::Duration Seconds(size_t seconds) { return absl::Seconds(static_cast<int64_t>(seconds)); }

}  // namespace

Demo::Demo(Contest& contest, EventLog& events, SignalWatcher& signals, View& view,
           std::vector<Phase> script)
    : contest_(contest),
      events_(events),
      signals_(signals),
      view_(view),
      script_(std::move(script)) {}

absl::Status Demo::Play() {
  start_ = absl::Now();
  events_.SetStart(start_);
  contest_.StartLoad();
  for (const Phase& phase : script_) {
    if (signal_) break;
    ++phases_begun_;
    if (absl::Status status = PlayPhase(phase); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Demo::PlayPhase(const Phase& phase) {
  size_t begin = 0;
  for (size_t i = 0; i + 1 < phases_begun_; ++i) begin += script_[i].seconds;
  happening_ = phase.title;
  if (absl::Status status = contest_.SetEndpointsInDns(phase.endpoints_in_dns); !status.ok()) {
    return status;
  }
  if (phase.fault) {
    is_faulty_ = true;
    if (absl::Status status = Inject(*phase.fault, contest_.fleet()); !status.ok()) return status;
    ShowUntil(begin + phase.fault_seconds);
    if (absl::Status status = Heal(*phase.fault, contest_.fleet()); !status.ok()) return status;
    is_faulty_ = false;
    happening_ = phase.aftermath;
  }
  ShowUntil(begin + phase.seconds);
  return absl::OkStatus();
}

void Demo::ShowUntil(size_t second) {
  const absl::Time end = start_ + Seconds(second);
  while (!signal_) {
    const absl::Time now = absl::Now();
    view_.Show(TakeSnapshot(now));
    if (now >= end) return;
    signal_ = signals_.WaitFor(std::min(kFrame, end - now));
  }
}

Snapshot Demo::TakeSnapshot(absl::Time now) {
  Snapshot snapshot;
  snapshot.target = contest_.target();
  snapshot.elapsed = now - start_;
  snapshot.total = Seconds(TotalSeconds(script_));
  snapshot.happening = happening_;
  snapshot.is_faulty = is_faulty_;
  snapshot.endpoints = contest_.Endpoints();
  snapshot.by_hash = contest_.HashTotal();
  snapshot.at_random = contest_.RandomTotal();
  snapshot.stock = contest_.StockTotal();
  snapshot.events = events_.Lines();
  return snapshot;
}

std::vector<PhaseResult> Demo::Results() const {
  std::vector<PhaseResult> results;
  size_t begin = 0;
  for (size_t i = 0; i < phases_begun_; ++i) {
    const size_t end = begin + script_[i].seconds;
    results.push_back(
        {script_[i].title, contest_.NinesBetween(begin, end), contest_.StockBetween(begin, end)});
    begin = end;
  }
  return results;
}

}  // namespace nines::demo

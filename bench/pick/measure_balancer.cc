// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "measure_balancer.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "allocations.h"
#include "balancer_subject.h"
#include "endpoints/state_arena.h"
#include "key.h"

namespace nines::bench {
namespace {

using Clock = std::chrono::steady_clock;

double Nanoseconds(Clock::duration time) {
  return std::chrono::duration<double, std::nano>(time).count();
}

PickResult PickByKey(Balancer& balancer, const Key& key) {
  Call call;
  call.hash_key = key.view();
  CallMemory memory;
  return balancer.Pick(call, memory);
}

// Keys that go to `count` different endpoints.
std::vector<Key> KeysOfDifferentEndpoints(Balancer& balancer, size_t count) {
  std::vector<Key> keys;
  std::set<uint64_t> endpoints;
  for (KeyStream stream(1); keys.size() < count;) {
    const Key key = stream.Next();
    PickResult result = PickByKey(balancer, key);
    const auto* picked = std::get_if<Picked>(&result);
    if (picked == nullptr) break;
    if (endpoints.insert(picked->lease.endpoint_id()).second) keys.push_back(key);
  }
  return keys;
}

// What the reports of one round cost.
struct ReportCosts {
  std::vector<double> ns;
  uint64_t allocations = 0;
};

// Makes a call with each key and reports `outcome`, which changes its endpoint's state.
ReportCosts ReportAll(Balancer& balancer, const std::vector<Key>& keys, const Outcome& outcome) {
  ReportCosts costs;
  costs.ns.reserve(keys.size());
  for (const Key& key : keys) {
    PickResult result = PickByKey(balancer, key);
    auto* picked = std::get_if<Picked>(&result);
    if (picked == nullptr) continue;
    const uint64_t before = Allocations::Now().count;
    const Clock::time_point start = Clock::now();
    picked->lease.Report(outcome);
    costs.ns.push_back(Nanoseconds(Clock::now() - start));
    costs.allocations += Allocations::Now().count - before;
  }
  return costs;
}

size_t CountIn(HealthState state, const Balancer& balancer) {
  const std::vector<EndpointStatus> endpoints = balancer.Endpoints();
  return static_cast<size_t>(
      std::count_if(endpoints.begin(), endpoints.end(),
                    [&](const EndpointStatus& endpoint) { return endpoint.state == state; }));
}

absl::Status ExpectIn(HealthState state, size_t count, const Balancer& balancer) {
  const size_t found = CountIn(state, balancer);
  if (found == count) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("expected ", count, " endpoints to be ",
                                          HealthStateName(state), ", found ", found));
}

// Two intervals: the engine may look a moment after the time is over.
void PassEjectionTime(StillLoop& loop, absl::Duration ejection_time) {
  for (int i = 0; i < 2; ++i) {
    loop.RunPosted();  // sets the timer
    loop.Advance(ejection_time);
  }
}

// One figure of many rounds.
class ChangeSeries {
 public:
  void Add(const ReportCosts& costs) {
    ns_.push_back(Quantile(costs.ns, 0.5));
    allocations_ += static_cast<double>(costs.allocations);
    changes_ += static_cast<double>(costs.ns.size());
  }
  ChangeCost Cost() const { return {MakeFigure(ns_), allocations_ / changes_}; }

 private:
  std::vector<double> ns_;
  double allocations_ = 0;
  double changes_ = 0;
};

// The 99.99th percentile of single picks, each with a reading of the clock.
double TailOf(Balancer& balancer, uint64_t stream) {
  constexpr size_t kPicks = 300'000;
  std::vector<double> ns;
  ns.reserve(kPicks);
  KeyStream keys(stream);
  for (size_t i = 0; i < kPicks; ++i) {
    const Key key = keys.Next();
    const Clock::time_point start = Clock::now();
    const PickResult result = PickByKey(balancer, key);
    ns.push_back(Nanoseconds(Clock::now() - start));
  }
  return Quantile(std::move(ns), 0.9999);
}

// The same on another thread, and `meanwhile` over and over on this one.
template <typename Meanwhile>
double TailOnThread(Balancer& balancer, uint64_t stream, Meanwhile meanwhile) {
  double tail = 0;
  std::atomic<bool> is_done{false};
  std::thread picker([&] {
    tail = TailOf(balancer, stream);
    is_done.store(true);
  });
  while (!is_done.load()) meanwhile();
  picker.join();
  return tail;
}

absl::StatusOr<size_t> HeapWithSlots(uint32_t slots) {
  HashConfig hash;
  hash.table_size = slots;
  const auto balancer = MakeBalancer(MakeConfig(hash), kChangeSize);
  if (!balancer.ok()) return balancer.status();
  return balancer->heap_bytes;
}

absl::StatusOr<double> AllocationsPerPick() {
  constexpr int kPicks = 100'000;
  const auto balancer = MakeBalancer(MakeConfig(HashConfig{}), kChangeSize);
  if (!balancer.ok()) return balancer.status();
  KeyStream keys(1);
  PickByKey(*balancer->balancer, keys.Next());  // a thread's first makes its slot
  const uint64_t before = Allocations::Now().count;
  for (int i = 0; i < kPicks; ++i) PickByKey(*balancer->balancer, keys.Next());
  return static_cast<double>(Allocations::Now().count - before) / kPicks;
}

}  // namespace

absl::StatusOr<EjectionResults> MeasureEjections(int rounds) {
  constexpr size_t kAtOnce = 8;  // as many as go on trial together: health/return_throttle.h
  constexpr absl::Duration kEjectionTime = absl::Seconds(1);
  const auto made = MakeBalancer(MakeConfig(HashConfig{}, kEjectionTime), kChangeSize);
  if (!made.ok()) return made.status();
  Balancer& balancer = *made->balancer;
  const std::vector<Key> keys = KeysOfDifferentEndpoints(balancer, kAtOnce);
  ChangeSeries eject;
  ChangeSeries readmit;
  for (int round = 0; round < rounds; ++round) {
    eject.Add(ReportAll(balancer, keys, MakeOutcome(absl::UnavailableError("down"))));
    if (auto status = ExpectIn(HealthState::kEjected, kAtOnce, balancer); !status.ok()) {
      return status;
    }
    PassEjectionTime(*made->loop, kEjectionTime);
    if (auto status = ExpectIn(HealthState::kDegraded, kAtOnce, balancer); !status.ok()) {
      return status;
    }
    readmit.Add(ReportAll(balancer, keys, MakeOutcome(absl::OkStatus())));
    if (auto status = ExpectIn(HealthState::kHealthy, kChangeSize, balancer); !status.ok()) {
      return status;
    }
    made->loop->RunPosted();
  }
  return EjectionResults{eject.Cost(), readmit.Cost()};
}

absl::StatusOr<TailResults> MeasureTail(int rounds) {
  const auto made = MakeBalancer(MakeConfig(HashConfig{}), kChangeSize);
  if (!made.ok()) return made.status();
  const EndpointList with = MakeEndpoints(kChangeSize);
  const EndpointList without = MakeEndpoints(kChangeSize - 1);
  bool is_with = true;
  std::vector<double> quiet;
  std::vector<double> changing;
  std::vector<double> ratios;
  for (uint64_t round = 0; round < static_cast<uint64_t>(rounds); ++round) {
    quiet.push_back(TailOnThread(*made->balancer, 2 * round, [] {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }));
    changing.push_back(TailOnThread(*made->balancer, 2 * round + 1, [&] {
      is_with = !is_with;
      made->balancer->Update(is_with ? with : without);
      made->loop->ForgetPosted();
    }));
    ratios.push_back(changing.back() / quiet.back());
  }
  return TailResults{MakeFigure(quiet), MakeFigure(changing), MakeFigure(ratios)};
}

absl::StatusOr<MemoryResults> MeasureMemory() {
  constexpr uint32_t kFewSlots = 65'537;
  constexpr uint32_t kManySlots = 1'048'583;
  const auto few = HeapWithSlots(kFewSlots);
  if (!few.ok()) return few.status();
  const auto many = HeapWithSlots(kManySlots);
  if (!many.ok()) return many.status();
  const auto allocations = AllocationsPerPick();
  if (!allocations.ok()) return allocations.status();
  MemoryResults memory;
  memory.state_bytes = StateArena::kBytesPerState;
  memory.heap_per_slot =
      (static_cast<double>(*many) - static_cast<double>(*few)) / (kManySlots - kFewSlots);
  memory.heap_per_endpoint =
      (static_cast<double>(*few) - memory.heap_per_slot * kFewSlots) / kChangeSize;
  memory.allocations_per_pick = *allocations;
  return memory;
}

}  // namespace nines::bench

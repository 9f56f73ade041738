// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/functional/any_invocable.h"
#include "balancing/notifier.h"
#include "balancing/pick_stripes.h"
#include "balancing/pick_table.h"
#include "balancing/published.h"
#include "balancing/walk.h"
#include "endpoints/endpoint_table.h"
#include "endpoints/state_arena.h"
#include "health/health_engine.h"
#include "health/outcome_judge.h"
#include "health/probe_scheduler.h"
#include "nines/balancer.h"
#include "sync/mutex.h"

namespace nines {

// Wires the stages: endpoint table -> health engine -> published pick table <- walk.
//
// Two halves. The data plane (Pick, outcomes that change nothing) reads the published table and the
// endpoints' cache lines. The control plane (everything else) holds mutex_, changes flags through
// the health engine, and calls out through the notifier after unlocking.
//
// Kept alive by its Balancer, by posted callbacks until they ran, and, after Shutdown(), by the
// endpoints that leases still hold.
class Balancer::Core final : public OutcomeListener, public std::enable_shared_from_this<Core> {
 public:
  explicit Core(Options options);
  ~Core() override = default;

  // Starts timers and probes. Once, after construction.
  void Start();

  void Update(const EndpointList& endpoints, absl::FunctionRef<void*(const Endpoint&)> attach);
  void Reconfigure(BalancerConfig config, std::shared_ptr<const Policy> policy,
                   std::shared_ptr<Prober> prober);
  void SetConnectivity(absl::string_view address, Connectivity connectivity,
                       const absl::Status& status);
  absl::Status SetOverride(absl::string_view address, const Override& wish);
  absl::StatusOr<LearnedState> Learned() const;
  void Restore(std::vector<LearnedEndpoint> learned, absl::Time as_of);
  void SetResolveError(const absl::Status& status);
  PickResult Pick(const Call& call, CallMemory& memory);
  bool CanPickUntried(const CallMemory& memory) const;
  bool MayEndIn(absl::Duration time_left, const CallMemory& memory) const;
  std::vector<EndpointStatus> Endpoints() const;
  std::vector<CandidateVerdict> Explain(const Call& call) const;
  Counters counters() const;
  void Shutdown();

  // OutcomeListener:
  OutcomeClass Judge(const EndpointState& state, const Outcome& outcome) const override {
    return judge_.Judge(outcome, state.typical_latency());
  }
  void OnFailure(EndpointState& state, const Outcome& outcome) override;
  void OnFailureThreshold(EndpointState& state, const Outcome& outcome) override;
  void OnTrialEnd(EndpointState& state, const Outcome& outcome) override;
  void OnTrialDropped(EndpointState& state) override;
  bool IsCallToBlame(CallMemory& memory) override;
  void OnCountedLeaseEnd() override { stripes_.AddInFlight(-1); }
  uint32_t failure_threshold() const override {
    return data_plane_.threshold.load(std::memory_order_relaxed);
  }

 private:
  // By address.
  using Attachments = absl::flat_hash_map<std::string, void*>;

  // Owned by the loop's thread.
  struct LoopSide {
    std::unique_ptr<ProbeScheduler> probes;
    std::unique_ptr<EventLoop::Handle> tick;
    std::unique_ptr<EventLoop::Handle> stall_look;
    std::unique_ptr<EventLoop::Handle> wake;     // of picks that wait for a call to end
    absl::flat_hash_set<std::string> reachable;  // who on_reachable_ was called for
  };

  // The data plane: balancer_pick.cc.
  void BeginCall(const ReadSection& section, const PickTable& table, const Call& call,
                 CallMemory& memory);
  uint64_t RandomSeedAhead(const ReadSection& section, const PickTable& table);
  static void FetchAhead(const ReadSection& section, const PickTable& table, uint64_t seed);
  uint64_t KeylessSeed();
  uint64_t PeekSeed(const ReadSection& section, const PickTable& table, const Call& call) const;
  void RecallForgotten(const PickTable& table, const Call& call, CallMemory& memory) const;
  WalkCall ToWalk(const PickTable& table, const CallMemory& memory, uint32_t mask) const;
  Taken Take(const ReadSection& section, const PickTable& table, const CallMemory& memory,
             uint32_t mask) const;
  static Taken TakeByChoice(const ReadSection& section, const PickTable& table,
                            const CallMemory& memory, uint32_t mask);
  Taken TakeByWalk(const ReadSection& section, const PickTable& table, const CallMemory& memory,
                   uint32_t mask) const;
  PickResult ToPicked(const PickTable& table, const Taken& taken, CallMemory& memory);
  PickResult PickOrFail(CallMemory& memory);
  PickResult PickUnderLock(CallMemory& memory);
  PickResult WhyNoneLocked(const PickTable& table) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Changes something under the lock, if `change` finds that there is something to change, and
  // tells everyone whom it concerns: the one way in which news of an endpoint comes in.
  void Settle(absl::FunctionRef<bool(absl::Time now)> change);
  // The same for what a lease's end tells the engine of the endpoint, if it is still known.
  using EngineReport = void (HealthEngine::*)(EndpointRecord&, const Outcome&, absl::Time now);
  void SettleReport(EngineReport report, EndpointState& state, const Outcome& outcome);
  // A new table for picks, in three steps. The policy builds it in the second, which takes
  // milliseconds at 10,000 endpoints, so not under the lock: reports and health go on meanwhile, on
  // the table before. All three at once: PublishLocked().
  PickTableDraft DraftLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void BuildAndPublish(PickTableDraft draft);
  void PublishLocked(uint64_t version, std::unique_ptr<const PickTable> table)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PublishLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether a newer table than the published one is on its way.
  bool IsTableBehindLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return published_version_ != draft_version_;
  }
  // Makes `endpoints` the known ones. Whether there is something to publish.
  bool MergeLocked(const EndpointList& endpoints, const Attachments& attachments, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SayResolvedLocked(const EndpointList& endpoints, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Moves what leases left in cells back into their words, if they are not counted there any more.
  void SettleLeasesLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ConfigureLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What every change ends with: new tables if a weight is another, panic, the pick mask, the
  // tiers' loads, and the wake-up of starved picks.
  void SettleLocked(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  EndpointRecord* FindLocked(const EndpointState& state) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void FreeOldTables();

  // Runs `work` on the loop's thread, unless shut down.
  void PostToLoop(void (Core::*work)());
  void DeliverOnLoop() { notifier_.Deliver(); }
  void RestartProbesOnLoop();
  void UpdateProbesOnLoop();
  // An endpoint at its limit becomes pickable when a call ends, which is nobody's news: so picks
  // that found everybody there are woken after a while.
  void WakeStarvedSoon();
  void ArmWakeOnLoop();
  void ArmTickOnLoop();
  void TickOnLoop();
  void ArmStallLookOnLoop();
  void LookForStallsOnLoop();
  CallsSeen CallsSeenOnLoop(const std::string& address) const;
  void OnProbeOnLoop(const std::string& address, absl::Time began, const absl::Status& result);
  // Whether it is news that the endpoint can be connected to.
  bool IsReachableAnew(const std::string& address, const absl::Status& result,
                       bool is_connect_failed);
  void OnWordOnLoop(const std::string& address, const absl::Status& word);

  // Read by every pick, written seldom: together, and apart from what reports write.
  struct alignas(64) DataPlane {
    explicit DataPlane(std::unique_ptr<const PickTable> first) : table(std::move(first)) {}
    Published<PickTable> table;          // written under mutex_
    std::atomic<uint32_t> mask{0};       // flags that forbid a pick; written under mutex_
    std::atomic<uint32_t> threshold{0};  // consecutive failures; written under mutex_
  };

  const std::string target_;
  const uint64_t id_;  // unique in the process
  const Clock& clock_;
  RandomSource& random_;
  const Connectivity initial_connectivity_;
  absl::AnyInvocable<void(const std::string& address)> on_reachable_;  // loop thread only
  const std::shared_ptr<StateArena> states_ = std::make_shared<StateArena>();
  Notifier notifier_;
  PickStripes stripes_;
  OutcomeJudge judge_;  // read by reports of failures; written under mutex_

  std::atomic<bool> limits_in_flight_{false};  // written under mutex_
  std::atomic<bool> is_wake_armed_{false};     // set by starved picks, cleared by the wake-up

  // Set by a pick that failed, cleared by the change that may help it; both under mutex_.
  bool is_starved_ ABSL_GUARDED_BY(mutex_) = false;

  mutable Mutex mutex_;
  BalancerConfig config_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const Policy> policy_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<Prober> prober_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<EventLoop> loop_ ABSL_GUARDED_BY(mutex_);  // null: shut down
  EndpointTable table_ ABSL_GUARDED_BY(mutex_);
  HealthEngine engine_ ABSL_GUARDED_BY(mutex_);
  bool is_resolved_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_resolve_news_ ABSL_GUARDED_BY(mutex_) = true;     // that endpoints are listed
  uint64_t draft_version_ ABSL_GUARDED_BY(mutex_) = 0;      // of the latest draft
  uint64_t published_version_ ABSL_GUARDED_BY(mutex_) = 0;  // of the draft of the published table
  absl::Status resolve_error_ ABSL_GUARDED_BY(mutex_);
  absl::Time tick_due_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();  // of the timer that runs

  DataPlane data_plane_;

  LoopSide loop_side_;  // loop thread only
};

}  // namespace nines

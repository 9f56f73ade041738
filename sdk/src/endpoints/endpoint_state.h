// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/base/optimization.h"
#include "endpoints/lease_count.h"
#include "endpoints/load_reports.h"
#include "nines/call.h"
#include "nines/endpoint.h"
#include "nines/outcome.h"
#include "sync/latest.h"

namespace nines {

class EndpointState;
class StateArena;

// Hears of the outcomes that may change an endpoint's state. Thread-safe; called under no lock.
class OutcomeListener {
 public:
  virtual ~OutcomeListener() = default;

  // Whose fault it is that an attempt on `state` failed. Lock-free.
  virtual OutcomeClass Judge(const EndpointState& state, const Outcome& outcome) const = 0;

  // Every failed attempt, for the endpoint's last error. May be skipped when it would block.
  virtual void OnFailure(EndpointState& state, const Outcome& outcome) = 0;

  // A multiple of failure_threshold() attempts have failed in a row.
  virtual void OnFailureThreshold(EndpointState& state, const Outcome& outcome) = 0;

  // The one call that an endpoint on trial was given has ended.
  virtual void OnTrialEnd(EndpointState& state, const Outcome& outcome) = 0;

  // It was given back before it was made. Must call nobody: leases are dropped under others' locks.
  virtual void OnTrialDropped(EndpointState& state) = 0;

  // A call has failed on one more endpoint, the last of memory.failures(), where that is not
  // counted yet. Whether it is the call's own fault; then its other failures count no more.
  virtual bool IsCallToBlame(CallMemory& memory) = 0;

  // A lease that was counted towards the pool's calls in flight has ended. Lock-free.
  virtual void OnCountedLeaseEnd() = 0;

  // Consecutive failures at which OnFailureThreshold is called; 0: never.
  virtual uint32_t failure_threshold() const = 0;
};

// What picks and reports touch of one endpoint: a single cache line, so that looking at a candidate
// is one memory access and no two endpoints share a line. Picks and leases that end only read it
// where leases are counted in cells.
//
// Thread-safe. Lifetime: counted. Tables and records own it (EndpointRef), leases keep it alive
// (LeaseCount); so a lease may end long after the endpoint, and even the balancer, is gone.
class alignas(64) EndpointState {
 public:
  // Why an endpoint may not be picked. A pick looks at `flags & mask`, nothing else. Set and
  // cleared by the balancer's control plane under its lock, but for kTrialBusy.
  enum Flag : uint32_t {
    kNotConnected = 1u << 0,
    kConnectFailed = 1u << 1,  // the reason for kNotConnected; kept until connected again
    kEjected = 1u << 2,
    kProbeFailed = 1u << 3,
    kTrial = 1u << 4,      // after an ejection: one call at a time
    kTrialBusy = 1u << 5,  // that one call is under way; set by the pick that got it
    kDraining = 1u << 6,   // by hand, as the two after it
    kDisabled = 1u << 7,
    kForcedHealthy = 1u << 8,  // in no mask: while it is set, kVerdictFlags are not
    kLame = 1u << 9,           // in no mask: Endpoint::is_lame
    kKnown = 1u << 31,         // always set: a mask with it blocks every endpoint
  };
  // A person took it out of service: it is not the pool's to count on, nor to count as lost.
  static constexpr uint32_t kTakenOutFlags = kDraining | kDisabled;
  // No pick is possible, whatever health says.
  static constexpr uint32_t kHardFlags = kNotConnected | kTakenOutFlags;
  // The verdicts that panic overrides.
  static constexpr uint32_t kHealthFlags = kEjected | kProbeFailed | kTrialBusy;
  // All that outcomes and probes say.
  static constexpr uint32_t kVerdictFlags = kHealthFlags | kTrial;

  // A limit of calls in flight that is none.
  static constexpr uint32_t kNoLimit = UINT32_MAX;
  // The share of its calls that an endpoint takes, in 2⁻³²: all of them.
  static constexpr uint32_t kFullShare = UINT32_MAX;

  // What a pick was given.
  enum class Grant { kNone, kCall, kTrial };

  // What the holder of a lease knows of it.
  struct Hold {
    Grant grant = Grant::kCall;
    uint32_t generation = 0;  // of the endpoint, when it was picked
    LeaseCount::Place ends_in = LeaseCount::Place::kCellIfInUse;
  };

  // Made by StateArena::Make().
  EndpointState(const EndpointState&) = delete;
  EndpointState& operator=(const EndpointState&) = delete;

  // As it was when it was new. Of what an update can change, latest_endpoint() knows the news; it
  // lives as long as the lease or owner that was asked through, or the pointer.
  const Endpoint& endpoint() const { return cold_->endpoint; }
  std::shared_ptr<const Endpoint> latest_endpoint() const {
    return cold_->latest.GetOr(cold_->endpoint);
  }
  void SetLatestEndpoint(const Endpoint& endpoint) {
    cold_->latest.Set(std::make_shared<const Endpoint>(endpoint));
  }
  void* attachment() const { return cold_->attachment; }
  uint64_t id() const { return id_; }

  uint32_t flags() const { return flags_.load(std::memory_order_relaxed); }
  void SetFlags(uint32_t set) { flags_.fetch_or(set, std::memory_order_relaxed); }
  void ClearFlags(uint32_t clear) { flags_.fetch_and(~clear, std::memory_order_relaxed); }

  // Takes a lease if `mask` allows it, fewer than `limit` calls are in flight, and, on trial, no
  // trial call is under way. The limit is exact, however many threads try. On a grant the caller
  // owns one Unlease() or Report(). REQUIRES: in a ReadSection, unless leases never use cells;
  // `slot` is the calling thread's.
  Grant TryLease(uint32_t mask, uint32_t limit = kNoLimit,
                 const ThreadSlot& slot = ThreadSlot::Own()) {
    const uint32_t flags = flags_.load(std::memory_order_relaxed);
    if ((flags & mask) != 0) return Grant::kNone;
    if (ABSL_PREDICT_TRUE(limit == kNoLimit)) {
      leases_.Begin(slot);
    } else if (!leases_.BeginBelow(limit)) {
      return Grant::kNone;
    }
    return ABSL_PREDICT_TRUE((flags & kTrial) == 0) ? Grant::kCall : TryTrial(flags, mask);
  }

  // Have the processor fetch what a pick reads of an endpoint that it takes: the endpoint's line;
  // and what it writes where leases are counted in cells. `slot` is the calling thread's.
  void FetchLine() const { __builtin_prefetch(this); }
  void FetchCell(const ThreadSlot& slot) const { leases_.FetchCell(slot); }

  // Ends a lease: counts its outcome and tells the listener what it must know. Lock-free unless the
  // outcome may change the endpoint's state. `memory` is the call's, null if there is none. The
  // state may be gone afterwards.
  void Report(const Hold& hold, const Outcome& outcome, CallMemory* memory = nullptr);

  // Ends a lease of which nothing is known. The state may be gone afterwards.
  void Unlease(LeaseCount::Place ends_in = LeaseCount::Place::kCellIfInUse) {
    if (ABSL_PREDICT_FALSE(leases_.End(LeaseCount::Ending::kDropped, ends_in))) Destroy();
  }

  // Gives the trial, taken in this generation, to the next call. Before the lease ends.
  void DropTrial(uint32_t generation) {
    if (generation == this->generation()) cold_->listener->OnTrialDropped(*this);
  }

  // Ends what OnCountedLeaseEnd() says. Before the lease ends.
  void EndCounted() { cold_->listener->OnCountedLeaseEnd(); }

  uint32_t in_flight() const { return leases_.in_flight(); }
  // The same, to compare loads by: exact unless leases are, or just were, counted in cells.
  uint32_t in_flight_to_compare() const { return leases_.in_flight_in_word(); }
  // Reports so far, modulo 2³²; EndpointRecord::CountCalls() makes a count of it that lasts.
  uint32_t reports() const { return leases_.reports(); }
  // Of these, what was the endpoint's fault; the same.
  uint32_t failures() const { return failures_.load(std::memory_order_relaxed); }
  // Outcomes of overload so far, modulo 2³².
  uint32_t overloads() const { return cold_->overloads.load(std::memory_order_relaxed); }
  // What its servers said of their load so far.
  const LoadReports& load_reports() const { return cold_->load_reports; }

  // Of the reports, what the caller gave up, which says nothing of the endpoint; the same.
  uint32_t given_up() const { return cold_->given_up.load(std::memory_order_relaxed); }
  // Of these, those that another endpoint's answer overtook.
  uint32_t overtaken() const { return cold_->overtaken.load(std::memory_order_relaxed); }

  // Calls that the endpoint answered, well or not, modulo 2³². For an instant, while one that is
  // none is being reported, one too few.
  uint32_t answered() const { return reports() - failures() - given_up(); }
  bool has_answered_since(uint32_t answered_then) const {
    return static_cast<int32_t>(answered() - answered_then) > 0;
  }

  // Takes back a failure that was counted, which shows to be the call's own.
  void WithdrawFailure();

  // For the control plane, which says where leases are counted.
  LeaseCount& leases() { return leases_; }

  // Times it was ejected or taken out. Outcomes of attempts picked in an earlier generation change
  // nothing.
  uint32_t generation() const { return generation_.load(std::memory_order_relaxed); }
  void BeginGeneration();

  // Whether the latest attempt that ended was a failure.
  bool is_failing() const { return consecutive_failures_.load(std::memory_order_relaxed) != 0; }

  // The run of failures that the latest attempts that ended are.
  uint32_t consecutive_failures() const {
    return consecutive_failures_.load(std::memory_order_relaxed);
  }

  // Forgets the run of failures, because the endpoint starts anew.
  void ResetConsecutiveFailures() { consecutive_failures_.store(0, std::memory_order_relaxed); }

  // What its answers typically take, in nanoseconds, 0 if not known; see latency.h.
  float typical_latency() const { return typical_latency_.load(std::memory_order_relaxed); }
  void set_typical_latency(float latency) {
    typical_latency_.store(latency, std::memory_order_relaxed);
  }

  // The usual latency in nanoseconds, 0 if not known; see latency.h.
  float latency() const { return latency_.load(std::memory_order_relaxed); }
  void set_latency(float latency) { latency_.store(latency, std::memory_order_relaxed); }

  // Which share of the calls that come to it the endpoint takes, in 2⁻³². Set by the control plane.
  uint32_t share() const { return share_.load(std::memory_order_relaxed); }
  void set_share(uint32_t share) { share_.store(share, std::memory_order_relaxed); }

  // As of the last update, at least 1.
  uint32_t weight() const { return weight_.load(std::memory_order_relaxed); }
  void set_weight(uint32_t weight) {
    weight_.store(weight == 0 ? 1 : weight, std::memory_order_relaxed);
  }

 private:
  friend class EndpointRef;
  friend class StateArena;

  // Touched by no pick that is not looked at by a person, and by no report in good times.
  struct Cold {
    Endpoint endpoint;
    mutable Latest<const Endpoint> latest;  // written by the control plane
    void* attachment = nullptr;
    std::shared_ptr<OutcomeListener> listener;
    std::shared_ptr<StateArena> arena;  // which the state lies in
    // Written by reports:
    mutable std::atomic<uint32_t> overloads{0};
    mutable std::atomic<uint32_t> given_up{0};
    mutable std::atomic<uint32_t> overtaken{0};
    mutable LoadReports load_reports;
  };

  EndpointState(std::unique_ptr<const Cold> cold, uint32_t flags);
  ~EndpointState() = default;
  void Destroy();
  Grant TryTrial(uint32_t flags, uint32_t mask);
  // REQUIRES: the outcome is a success or has its class.
  void ReportJudged(const Hold& hold, const Outcome& outcome, CallMemory* memory);
  void Learn(const Hold& hold, const Outcome& outcome, CallMemory* memory);
  bool IsCallToBlame(CallMemory& memory);

  std::atomic<uint32_t> flags_;                    // written by the control plane and trial picks
  std::atomic<uint32_t> share_{kFullShare};        // written by the control plane
  LeaseCount leases_;                              // written by picks and reports
  std::atomic<float> latency_{0};                  // written by reports and the control plane
  std::atomic<uint32_t> consecutive_failures_{0};  // written by reports
  std::atomic<uint32_t> generation_{0};            // written by the control plane
  std::atomic<uint32_t> weight_;                   // written by the control plane
  const uint64_t id_;
  std::atomic<uint32_t> failures_{0};      // written by reports
  std::atomic<float> typical_latency_{0};  // written by reports and the control plane
  const std::unique_ptr<const Cold> cold_;
};
static_assert(sizeof(EndpointState) == 64, "an endpoint's state is one cache line");

// Owns an EndpointState together with others. A value; thread-compatible.
class EndpointRef {
 public:
  EndpointRef() = default;
  explicit EndpointRef(EndpointState* state) : state_(state) {
    if (state_ != nullptr) state_->leases_.Own();
  }
  EndpointRef(const EndpointRef& other) : EndpointRef(other.state_) {}
  EndpointRef(EndpointRef&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  EndpointRef& operator=(EndpointRef other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~EndpointRef() {
    if (state_ != nullptr && state_->leases_.Disown()) state_->Destroy();
  }

  EndpointState* get() const { return state_; }
  EndpointState* operator->() const { return state_; }
  EndpointState& operator*() const { return *state_; }

 private:
  EndpointState* state_ = nullptr;
};

}  // namespace nines

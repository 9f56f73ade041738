// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nines/call.h"
#include "nines/candidate_verdict.h"
#include "nines/config.h"
#include "nines/endpoint.h"
#include "nines/event_loop.h"
#include "nines/health.h"
#include "nines/learned_state.h"
#include "nines/lease.h"
#include "nines/observer.h"
#include "nines/override.h"
#include "nines/policy.h"
#include "nines/random.h"

namespace nines {

/// An endpoint to send the attempt to.
struct Picked {
  Lease lease;
};
/// Nothing is resolved or connected yet; `Options::on_pickable` is called when it may be.
struct Wait {};
/// No endpoint can take the call now. The status is Unavailable and names the count of endpoints
/// per state and the last error of up to five.
struct Unavailable {
  absl::Status status;
};
using PickResult = std::variant<Picked, Wait, Unavailable>;

/// Chooses an endpoint for each attempt and learns from how the attempts end: the endpoint table,
/// health, and the walk over a call's candidates, in one.
///
/// Thread-safe. Lifetime: held by shared_ptr; Shutdown() before the last reference goes, else the
/// destructor does it.
class Balancer {
 public:
  struct Options {
    std::string target;  // for events and messages
    BalancerConfig config;
    std::shared_ptr<const Policy> policy;
    std::shared_ptr<EventLoop> loop;     // timers and probes
    RandomSource* random = nullptr;      // null: ProcessRandom()
    std::shared_ptr<Prober> prober;      // used if config.health_check is set
    std::shared_ptr<Observer> observer;  // may be null
    /// What an endpoint's connectivity is until SetConnectivity() says otherwise: kConnected for
    /// callers that connect by themselves per attempt.
    Connectivity initial_connectivity = Connectivity::kConnected;
    /// Called, on any thread and under no lock, when a pick that gave Wait or Unavailable may
    /// succeed now. May be empty; may let go of the balancer.
    absl::AnyInvocable<void()> on_pickable;
    /// Called on the loop's thread, under no lock and not after Shutdown(), when a probe has found
    /// an endpoint well whose connection failed, once until either changes: whoever connects need
    /// not wait for its backoff. May be empty.
    absl::AnyInvocable<void(const std::string& address)> on_reachable;
  };

  /// REQUIRES: policy and loop are set, and prober if config.health_check is.
  static std::shared_ptr<Balancer> Create(Options options);

  Balancer(const Balancer&) = delete;
  Balancer& operator=(const Balancer&) = delete;
  ~Balancer();

  /// Replaces the set of endpoints. Those that stay (same address) keep health, load and
  /// attachment; those that are gone get no new picks, and their leases run on. Duplicate addresses
  /// after the first are dropped. O(n), and the new table is built outside the pick path.
  /// `attach` makes the attachment of each endpoint that is new; not called under a lock.
  void Update(
      const EndpointList& endpoints,
      absl::FunctionRef<void*(const Endpoint&)> attach = [](const Endpoint&) -> void* {
        return nullptr;
      });

  /// Replaces config, policy and prober; endpoints keep what was learned. REQUIRES: as Create().
  void Reconfigure(BalancerConfig config, std::shared_ptr<const Policy> policy,
                   std::shared_ptr<Prober> prober);

  /// Says that the transport to `address` went up or down; unknown addresses are passed over.
  /// O(1): one flag. `status` says why for kFailed.
  void SetConnectivity(absl::string_view address, Connectivity connectivity,
                       const absl::Status& status = absl::OkStatus());

  /// Makes `wish` hold for the endpoint at `address`, in place of what was said of it before; one
  /// that says nothing ends it. Kept for addresses that are not known, or not any more, and obeyed
  /// when they are. Each set, end and expiry is an event. O(1), but for a weight: that builds the
  /// tables anew. InvalidArgument as CheckOverride(); ResourceExhausted beyond kMaxOverrides;
  /// FailedPrecondition after Shutdown().
  absl::Status SetOverride(absl::string_view address, const Override& wish);

  /// What is known now, for a later balancer of the same target. FailedPrecondition after
  /// Shutdown().
  absl::StatusOr<LearnedState> Learned() const;

  /// Lets the endpoints of the first Update() begin with what Learned() gave an earlier balancer at
  /// `as_of`, less what its age undoes: docs/snapshots.md. REQUIRES: there was no Update() yet.
  void Restore(std::vector<LearnedEndpoint> learned, absl::Time as_of);

  /// Says why there are no endpoints, for the message of calls that fail until there are some.
  /// With a non-OK status and nothing resolved, Pick gives Unavailable rather than Wait.
  void SetResolveError(const absl::Status& status);

  /// Chooses the next endpoint for the call that `memory` belongs to, and notes it there. Takes no
  /// lock, allocates nothing and makes no system call unless it fails. An endpoint that `memory`
  /// says was tried is chosen only when no untried one is usable; then the one tried longest ago.
  PickResult Pick(const Call& call, CallMemory& memory);

  /// Whether a pick now would find an endpoint that `memory` does not know as tried: then a retry
  /// need not wait. Lock-free.
  bool CanPickUntried(const CallMemory& memory) const;

  /// Whether a retry that has `time_left` may end in time somewhere that a pick now might send it:
  /// by the rule of Client's own retries, at the fastest of the usable endpoints that were not
  /// tried, or of those that were if there are no others. True if nobody is usable: that is for the
  /// pick to say. Lock-free.
  bool MayEndIn(absl::Duration time_left, const CallMemory& memory) const;

  /// A reading of every endpoint, in the order of the last update.
  std::vector<EndpointStatus> Endpoints() const;

  /// The candidates of a new call such as `call`, each endpoint once and in the order in which a
  /// pick would look at them, and why each would take it or not. By the pick's own code, but it
  /// changes nothing: no lease, no trial, no turn is taken. For a call without a key, one of the
  /// many orders that it may have.
  std::vector<CandidateVerdict> Explain(const Call& call) const;

  /// Sums since creation, of all threads. Not a snapshot: picks under way may be missing.
  struct Counters {
    uint64_t keyless_picks = 0;   // calls of a hash policy with none of its keys: routed at random
    uint64_t overflow_picks = 0;  // picks that bounded load moved to another endpoint
    uint64_t panic_picks = 0;     // picks made while health was ignored
    uint64_t against_health_picks = 0;  // picks of an endpoint out of use: nobody else was left
  };
  Counters counters() const;

  /// Stops timers and probes and forgets all endpoints; Pick gives Unavailable afterwards.
  /// Idempotent. When it returns, no Observer or on_pickable call is running or follows, unless it
  /// is called from within one.
  void Shutdown();

 private:
  class Core;
  explicit Balancer(std::shared_ptr<Core> core);

  const std::shared_ptr<Core> core_;
};

}  // namespace nines

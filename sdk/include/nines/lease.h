// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/time/time.h"
#include "nines/call.h"
#include "nines/endpoint.h"
#include "nines/outcome.h"

namespace nines {

class EndpointState;

/// The right to send one attempt to one endpoint, which counts it as in flight until the lease
/// ends. Ends with Report(), or when dropped, which counts as cancelled and calls nobody, so that
/// it may be under a lock. Movable; confined to one thread at a time. May outlive the Balancer.
class Lease {
 public:
  Lease(Lease&& other) noexcept
      : state_(std::exchange(other.state_, nullptr)),
        generation_(other.generation_),
        is_trial_(other.is_trial_),
        is_counted_(other.is_counted_),
        is_in_word_(other.is_in_word_) {}
  Lease& operator=(Lease&& other) noexcept;
  ~Lease() {
    if (state_ != nullptr) Drop();
  }

  /// As it was when its address became known. latest_endpoint() is it as of the last update, which
  /// may have changed all but the address; what it points to lives as long as lease or pointer.
  const Endpoint& endpoint() const;
  std::shared_ptr<const Endpoint> latest_endpoint() const;

  /// What the integration attached to this endpoint in Balancer::Update().
  void* attachment() const;

  /// Unique in the process, never 0, the same as long as the endpoint stays known.
  uint64_t endpoint_id() const;

  /// What the endpoint's answers typically take (their geometric mean); zero: not known.
  absl::Duration typical_latency() const;

  /// Ends the lease. Lock-free unless this outcome changes the endpoint's state. Called at most
  /// once, and nothing else afterwards.
  void Report(const Outcome& outcome);

  /// The same, of an attempt of the call that `memory` belongs to. A failure is noted there; if the
  /// call is found to be to blame for its failures itself, none of them counts against an endpoint,
  /// and memory.is_query_of_death() says that it should not be tried again.
  void Report(const Outcome& outcome, CallMemory& memory);

 private:
  friend class Balancer;
  void End(const Outcome& outcome, CallMemory* memory);
  Lease(EndpointState* state, uint32_t generation) : state_(state), generation_(generation) {}
  void Drop();

  EndpointState* state_;  // null: ended; its in-flight count keeps it alive
  uint32_t generation_;  // of the endpoint's ejections when picked: an attempt that began before an
                         // ejection proves nothing about the time after it
  bool is_trial_ = false;    // the one call that decides whether an ejected endpoint returns
  bool is_counted_ = false;  // among the pool's calls in flight, which bounded load asks for
  bool is_in_word_ = false;  // its end is best counted in the endpoint's cache line
};

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nines/balancer.h"
#include "nines/config.h"
#include "still_loop.h"
#include "subject.h"

namespace nines::bench {

/// A balancer over `endpoints` endpoints, all connected, and its loop. The policy is the one that
/// `config` names in BuiltinRegistry(); Internal if that has none.
struct LoopedBalancer {
  std::shared_ptr<StillLoop> loop;
  std::shared_ptr<Balancer> balancer;
  size_t heap_bytes = 0;  // that the balancer with its endpoints and table takes
};
absl::StatusOr<LoopedBalancer> MakeBalancer(const BalancerConfig& config, size_t endpoints);

/// The endpoints of all balancers here: the first `count` addresses.
EndpointList MakeEndpoints(size_t count);

/// The config of a balancer that is measured: `algorithm`, no panic, and one failed call ejects for
/// `ejection_time`.
BalancerConfig MakeConfig(AlgorithmConfig algorithm,
                          absl::Duration ejection_time = absl::Seconds(1));

/// nines itself, through its public API. REQUIRES: `balancer` has `endpoints` > 0 endpoints.
std::unique_ptr<Subject> MakeBalancerSubject(LoopedBalancer balancer, size_t endpoints);

/// Ejects this many endpoints, by a failed call each. REQUIRES: MakeConfig's config, and more
/// endpoints than that.
void EjectSome(const LoopedBalancer& balancer, size_t count);

}  // namespace nines::bench

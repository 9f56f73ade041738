// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "balancer_subject.h"

#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "addresses.h"
#include "allocations.h"
#include "key.h"
#include "nines/registry.h"
#include "subject_of.h"

namespace nines::bench {
namespace {

class BalancerSystem {
 public:
  BalancerSystem(LoopedBalancer balancer, size_t endpoints)
      : balancer_(std::move(balancer)),
        all_(MakeEndpoints(endpoints)),
        all_but_last_(MakeEndpoints(endpoints - 1)) {}

  struct Picker {
    Balancer& balancer;
    const Outcome good;
    Call call;  // the caller's description of it, which a pick only reads
  };

  Picker MakePicker() {
    return {*balancer_.balancer, MakeOutcome(absl::OkStatus(), absl::Milliseconds(1)), {}};
  }

  static PickResult Pick(Picker& picker, const Key& key) {
    picker.call.hash_key = key.view();
    CallMemory memory;
    return picker.balancer.Pick(picker.call, memory);
  }

  static bool IsTaken(const PickResult& result) { return std::holds_alternative<Picked>(result); }

  static void Report(Picker& picker, PickResult& result) {
    std::get<Picked>(result).lease.Report(picker.good);
  }

  void SetHealthy(size_t endpoint, bool is_healthy) {
    const std::string& address = all_[endpoint].address;
    if (is_healthy) {
      balancer_.balancer->SetConnectivity(address, Connectivity::kConnected);
    } else {
      balancer_.balancer->SetConnectivity(address, Connectivity::kFailed, down_);
    }
    balancer_.loop->ForgetPosted();
  }

  void SetLastKnown(bool is_known) {
    balancer_.balancer->Update(is_known ? all_ : all_but_last_);
    balancer_.loop->ForgetPosted();
  }

 private:
  const LoopedBalancer balancer_;
  const EndpointList all_;
  const EndpointList all_but_last_;
  const absl::Status down_ = absl::UnavailableError("down");
};

}  // namespace

EndpointList MakeEndpoints(size_t count) {
  EndpointList endpoints(count);
  for (size_t i = 0; i < count; ++i) endpoints[i].address = AddressOf(i);
  return endpoints;
}

BalancerConfig MakeConfig(AlgorithmConfig algorithm, absl::Duration ejection_time) {
  BalancerConfig config;
  config.algorithm = std::move(algorithm);
  config.panic.threshold_percent = 0;
  config.outlier_detection.consecutive_failures = 1;
  config.outlier_detection.max_ejection_percent = 100;
  config.outlier_detection.base_ejection_time = ejection_time;
  config.outlier_detection.max_ejection_time = ejection_time;
  return config;
}

absl::StatusOr<LoopedBalancer> MakeBalancer(const BalancerConfig& config, size_t endpoints) {
  auto policy = BuiltinRegistry().MakePolicy(config);
  if (!policy.ok()) return policy.status();
  LoopedBalancer made;
  made.loop = std::make_shared<StillLoop>();
  const EndpointList list = MakeEndpoints(endpoints);
  const size_t before = Allocations::Now().live_bytes;
  Balancer::Options options;
  options.target = "bench";
  options.config = config;
  options.policy = *std::move(policy);
  options.loop = made.loop;
  made.balancer = Balancer::Create(std::move(options));
  made.balancer->Update(list);
  made.loop->RunPosted();  // sets the timers, which stand still with the clock
  made.heap_bytes = Allocations::Now().live_bytes - before;
  return made;
}

std::unique_ptr<Subject> MakeBalancerSubject(LoopedBalancer balancer, size_t endpoints) {
  return std::make_unique<SubjectOf<BalancerSystem>>(std::move(balancer), endpoints);
}

void EjectSome(const LoopedBalancer& balancer, size_t count) {
  const Outcome bad = MakeOutcome(absl::UnavailableError("down"));
  KeyStream keys(0);
  for (size_t i = 0; i < count; ++i) {
    // Each pick finds an endpoint that is not ejected yet.
    const Key key = keys.Next();
    Call call;
    call.hash_key = key.view();
    CallMemory memory;
    PickResult result = balancer.balancer->Pick(call, memory);
    if (auto* picked = std::get_if<Picked>(&result)) picked->lease.Report(bad);
  }
  balancer.loop->ForgetPosted();
}

}  // namespace nines::bench

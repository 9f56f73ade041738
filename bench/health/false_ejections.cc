// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "false_ejections.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <variant>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "nines/balancer.h"
#include "nines/random_policy.h"
#include "support/fakes.h"
#include "support/manual_event_loop.h"

namespace nines::bench {
namespace {

/// Counts ejections. Confined to one thread.
class EjectionCounter final : public Observer {
 public:
  explicit EjectionCounter(const VirtualService& service) : service_(service) {}

  void AddEndpoint(const std::string& address, size_t index) { indexes_[address] = index; }

  void OnEvent(const Event& event) override {
    if (event.kind != Event::Kind::kStateChanged || event.to != HealthState::kEjected) return;
    // A trial that failed prolongs an ejection that was counted.
    if (event.from != HealthState::kHealthy) return;
    const double best = *std::min_element(service_.failing.begin(), service_.failing.end());
    const bool is_healthy = service_.failing[indexes_.at(event.address)] <= best;
    ++(is_healthy ? ejections_.healthy_ejected : ejections_.others_ejected);
    if (is_healthy && ejections_.first_reason.empty()) ejections_.first_reason = event.reason;
  }

  VirtualEjections ejections() const { return ejections_; }

 private:
  const VirtualService& service_;
  absl::flat_hash_map<std::string, size_t> indexes_;
  VirtualEjections ejections_;
};

/// Makes the calls of one service, one after another.
class VirtualClient {
 public:
  VirtualClient(const VirtualService& service, uint64_t seed)
      : service_(service),
        random_(seed),
        rng_(seed),
        counter_(std::make_shared<EjectionCounter>(service)) {
    const EndpointList endpoints = EndpointsNumbered(static_cast<int>(service.failing.size()));
    for (size_t i = 0; i < endpoints.size(); ++i) {
      counter_->AddEndpoint(endpoints[i].address, i);
      indexes_[endpoints[i].address] = i;
    }
    Balancer::Options options;
    options.target = "virtual";
    options.policy = MakeRandomPolicy();
    options.loop = loop_;
    options.random = &random_;
    options.observer = counter_;
    balancer_ = Balancer::Create(std::move(options));
    balancer_->Update(endpoints);
    loop_->RunPosted();
  }

  void Run(absl::Duration length) {
    const double rate = service_.calls_per_second * static_cast<double>(service_.failing.size());
    const absl::Time end = loop_->clock().Now() + length;
    while (loop_->clock().Now() < end) {
      MakeCall();
      loop_->Advance(absl::Seconds(1 / rate));
    }
  }

  VirtualEjections ejections() const { return counter_->ejections(); }

 private:
  void MakeCall() {
    CallMemory memory;
    PickResult result = balancer_->Pick({}, memory);
    auto* picked = std::get_if<Picked>(&result);
    if (picked == nullptr) return;
    const double failing = service_.failing[indexes_.at(picked->lease.endpoint().address)];
    const bool fails = std::bernoulli_distribution(failing)(rng_);
    picked->lease.Report(
        MakeOutcome(fails ? absl::UnavailableError("drawn") : absl::OkStatus(), DrawLatency()));
  }

  /// As real latencies are: never far below the usual one and sometimes far above. Log-normal, one
  /// call in a hundred takes more than thrice the median.
  absl::Duration DrawLatency() {
    return absl::Milliseconds(5) * std::exp(std::normal_distribution<double>(0, 0.5)(rng_));
  }

  const VirtualService& service_;
  const std::shared_ptr<ManualEventLoop> loop_ = std::make_shared<ManualEventLoop>();
  FixedRandom random_;
  std::mt19937_64 rng_;
  const std::shared_ptr<EjectionCounter> counter_;
  absl::flat_hash_map<std::string, size_t> indexes_;
  std::shared_ptr<Balancer> balancer_;
};

}  // namespace

VirtualEjections RunVirtually(const VirtualService& service, absl::Duration length, uint64_t seed) {
  VirtualClient client(service, seed);
  client.Run(length);
  return client.ejections();
}

}  // namespace nines::bench

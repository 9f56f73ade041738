// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "nines/balancer.h"
#include "support/fakes.h"
#include "support/manual_event_loop.h"
#include "support/rotating_policy.h"

namespace nines {

// A balancer on a clock that is turned by hand, over endpoints "a", "b", … with a rotating policy.
class BalancerFixture : public ::testing::Test {
 protected:
  void Start(const EndpointList& endpoints) {
    Balancer::Options options;
    options.target = "test:///target";
    options.config = config_;
    options.policy = std::make_shared<RotatingPolicy>(policy_);
    options.loop = loop_;
    options.random = &random_;
    options.observer = recorder_;
    options.on_pickable = [this] { ++pickable_; };
    balancer_ = Balancer::Create(std::move(options));
    balancer_->Update(endpoints);
    loop_->RunPosted();
  }
  void StartNamed(const std::vector<std::string>& addresses) { Start(EndpointsNamed(addresses)); }

  // A lease that is kept. REQUIRES: an endpoint can be picked.
  Lease Hold(const Call& call = {}) {
    CallMemory memory;
    return std::get<Picked>(balancer_->Pick(call, memory)).lease;
  }
  // The endpoint of a call of its own that ends at once with `status` after `latency`; "" if none.
  std::string CallOnce(const absl::Status& status = absl::OkStatus(),
                       absl::Duration latency = absl::ZeroDuration()) {
    CallMemory memory;
    PickResult result = balancer_->Pick({}, memory);
    auto* picked = std::get_if<Picked>(&result);
    if (picked == nullptr) return "";
    std::string address = picked->lease.endpoint().address;
    picked->lease.Report(MakeOutcome(status, latency));
    return address;
  }
  // How many of so many calls went where.
  std::map<std::string, int> CallTimes(int times) {
    std::map<std::string, int> counts;
    for (int i = 0; i < times; ++i) ++counts[CallOnce()];
    return counts;
  }
  EndpointStatus StatusOf(const std::string& address) {
    for (const EndpointStatus& status : balancer_->Endpoints()) {
      if (status.endpoint.address == address) return status;
    }
    return {};
  }
  void Disconnect(const std::string& address) {
    balancer_->SetConnectivity(address, Connectivity::kFailed, absl::UnavailableError("down"));
  }
  void Connect(const std::string& address) {
    balancer_->SetConnectivity(address, Connectivity::kConnected);
  }

  BalancerConfig config_;
  RotatingPolicy::Options policy_;
  std::shared_ptr<ManualEventLoop> loop_ = std::make_shared<ManualEventLoop>();
  FixedRandom random_;
  std::shared_ptr<EventRecorder> recorder_ = std::make_shared<EventRecorder>();
  int pickable_ = 0;  // wake-ups of failed picks
  std::shared_ptr<Balancer> balancer_;
};

}  // namespace nines

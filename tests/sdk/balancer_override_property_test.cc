// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Whatever happens in whatever order, through the balancer's public door: what a person said holds,
// for as long as it was said to, and no pick contradicts it.

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/balancer_fixture.h"

namespace nines {
namespace {

constexpr int kEndpoints = 6;

class BalancerOverridePropertyTest : public BalancerFixture,
                                     public ::testing::WithParamInterface<uint64_t> {
 protected:
  struct Said {
    Override wish;
    absl::Time until;
  };

  uint64_t Below(uint64_t limit) { return dice_.Next() % limit; }
  absl::Time Now() const { return loop_->clock().Now(); }

  // What holds for the address by what was said of it.
  Override WishOf(const std::string& address) const {
    const auto said = said_.find(address);
    const bool holds = said != said_.end() && Now() < said->second.until;
    return holds ? said->second.wish : Override();
  }

  void Say() {
    const std::string address = absl::StrCat("e", Below(kEndpoints));
    Override wish;
    wish.mode = static_cast<Override::Mode>(Below(4));
    if (Below(3) == 0) wish.weight = static_cast<uint32_t>(1 + Below(9));
    if (!wish.is_clear() && Below(2) == 0) wish.expires_after = absl::Seconds(1 + Below(9));
    ASSERT_TRUE(balancer_->SetOverride(address, wish).ok());
    said_[address] = {wish, Now() + wish.expires_after};
  }
  void CallOrHold() {
    CallMemory memory;
    PickResult result = balancer_->Pick({}, memory);
    auto* picked = std::get_if<Picked>(&result);
    if (picked == nullptr) return;
    const Override::Mode mode = WishOf(picked->lease.endpoint().address).mode;
    EXPECT_NE(mode, Override::Mode::kDrain) << picked->lease.endpoint().address;
    EXPECT_NE(mode, Override::Mode::kDisable) << picked->lease.endpoint().address;
    if (Below(3) == 0) return held_.push_back(std::move(picked->lease));
    picked->lease.Report(
        MakeOutcome(Below(2) == 0 ? absl::OkStatus() : absl::UnavailableError("x")));
  }
  void EndHeld() {
    if (held_.empty()) return;
    std::swap(held_[Below(held_.size())], held_.back());
    held_.back().Report(MakeOutcome(Below(2) == 0 ? absl::OkStatus() : absl::InternalError("x")));
    held_.pop_back();
  }
  void Reconnect() {
    const std::string address = absl::StrCat("e", Below(kEndpoints));
    if (Below(3) == 0) return Disconnect(address);
    Connect(address);
  }
  void ChangeTheSet() {
    EndpointList endpoints = EndpointsNumbered(kEndpoints);
    for (Endpoint& endpoint : endpoints) endpoint.weight = static_cast<uint32_t>(1 + Below(3));
    endpoints.erase(endpoints.begin() + static_cast<int>(Below(kEndpoints)));
    weights_.clear();
    for (const Endpoint& endpoint : endpoints) weights_[endpoint.address] = endpoint.weight;
    balancer_->Update(endpoints);
  }
  void Step() {
    const uint64_t what = Below(20);
    if (what < 10) return CallOrHold();
    if (what < 13) return EndHeld();
    if (what < 15) return Say();
    if (what < 17) return Reconnect();
    if (what < 18) return ChangeTheSet();
    loop_->Advance(absl::Milliseconds(Below(3000)));
  }

  void CheckStatuses() {
    for (const EndpointStatus& status : balancer_->Endpoints()) {
      const std::string& address = status.endpoint.address;
      const Override wish = WishOf(address);
      EXPECT_EQ(status.by_hand, wish) << address;
      EXPECT_EQ(status.state == HealthState::kDraining, wish.mode == Override::Mode::kDrain);
      EXPECT_EQ(status.state == HealthState::kDisabled, wish.mode == Override::Mode::kDisable);
      EXPECT_EQ(status.endpoint.weight, wish.weight.value_or(weights_[address])) << address;
    }
  }

  FixedRandom dice_{GetParam()};
  std::map<std::string, Said> said_;
  std::map<std::string, uint32_t> weights_;  // the resolver's
  std::vector<Lease> held_;
};

TEST_P(BalancerOverridePropertyTest, WhatAPersonSaidHolds) {
  StartNamed({});
  ChangeTheSet();
  loop_->RunPosted();
  for (int step = 0; step < 5'000; ++step) {
    Step();
    loop_->RunPosted();
    CheckStatuses();
    ASSERT_FALSE(HasFailure()) << "at step " << step;
  }
  held_.clear();
}

INSTANTIATE_TEST_SUITE_P(Seeds, BalancerOverridePropertyTest, ::testing::Values(1, 2, 3));

}  // namespace
}  // namespace nines

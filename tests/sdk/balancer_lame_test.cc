// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Endpoints that the resolver no longer lists and is not believed about.

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "support/balancer_fixture.h"

namespace nines {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const absl::Status kRefused = absl::UnavailableError("refused");
const absl::Status kBroken = absl::InternalError("broken");

// Endpoints "e0", … of which those from `listed` on are lame.
EndpointList LameFrom(int listed, int count) {
  EndpointList endpoints = EndpointsNumbered(count);
  for (int i = listed; i < count; ++i) endpoints[static_cast<size_t>(i)].is_lame = true;
  return endpoints;
}

class BalancerLameTest : public BalancerFixture {
 protected:
  // The resolver listed `count` endpoints at first, and now only the first `listed`.
  void Lose(int listed, int count) {
    Start(EndpointsNumbered(count));
    balancer_->Update(LameFrom(listed, count));
    recorder_->lines.clear();
  }

  // A call to `address`, which it ends with. REQUIRES: the endpoint gets calls.
  void CallTo(const std::string& address, const absl::Status& status) {
    while (true) {
      Lease lease = Hold();
      const bool is_it = lease.endpoint().address == address;
      lease.Report(MakeOutcome(is_it ? status : absl::OkStatus()));
      if (is_it) return;
    }
  }

  // How many endpoints are ejected after each of `count` was called, in turn, and failed.
  int EjectedAfterAllFailed(int count) {
    std::vector<Lease> leases;
    for (int i = 0; i < 2 * count; ++i) leases.push_back(Hold());
    for (Lease& lease : leases) lease.Report(MakeOutcome(kRefused));
    const std::vector<EndpointStatus> all = balancer_->Endpoints();
    return static_cast<int>(std::count_if(all.begin(), all.end(), [](const EndpointStatus& one) {
      return one.state == HealthState::kEjected;
    }));
  }
};

TEST_F(BalancerLameTest, GetsItsCallsAsBefore) {
  Start(EndpointsNumbered(2));

  balancer_->Update(LameFrom(1, 2));

  EXPECT_EQ(CallTimes(10)["e1"], 5);
}

TEST_F(BalancerLameTest, IsNoAnswerOfANameThatFails) {
  Start(EndpointsNumbered(2));
  balancer_->SetResolveError(absl::NotFoundError("no such name"));
  recorder_->lines.clear();

  balancer_->Update(LameFrom(0, 2));
  EXPECT_THAT(recorder_->lines, Not(Contains("resolved")));

  balancer_->Update(LameFrom(1, 2));
  EXPECT_THAT(recorder_->lines, Contains("resolved"));
}

TEST_F(BalancerLameTest, IsToldAndShown) {
  Start(EndpointsNumbered(2));
  recorder_->lines.clear();

  balancer_->Update(LameFrom(1, 2));

  EXPECT_THAT(recorder_->lines, ElementsAre("e1 endpoint_lame"));
  EXPECT_EQ(StatusOf("e0").reason, "new");
  EXPECT_EQ(StatusOf("e1").reason, "new; lame: the resolver no longer lists it");
  EXPECT_TRUE(StatusOf("e1").endpoint.is_lame);
}

TEST_F(BalancerLameTest, GoesWithItsFirstCallThatDoesNotReachIt) {
  Lose(2, 3);

  CallTo("e2", kRefused);

  EXPECT_THAT(recorder_->lines, ElementsAre("e2 healthy->ejected"));
  EXPECT_THAT(StatusOf("e2").reason, HasSubstr("lame, and it failed: UNAVAILABLE: refused"));
  EXPECT_EQ(CallTimes(10)["e2"], 0);
}

TEST_F(BalancerLameTest, WhoIsListedDoesNot) {
  Lose(2, 3);

  CallTo("e1", kRefused);

  EXPECT_THAT(recorder_->lines, IsEmpty());
}

TEST_F(BalancerLameTest, ASingleErrorOfAnotherKindIsNoSign) {
  Lose(2, 3);

  CallTo("e2", kBroken);
  CallTo("e2", absl::OkStatus());
  CallTo("e2", kBroken);

  EXPECT_THAT(recorder_->lines, IsEmpty());
}

TEST_F(BalancerLameTest, TwoInARowAre) {
  Lose(2, 3);

  CallTo("e2", kBroken);
  CallTo("e2", kBroken);

  EXPECT_THAT(recorder_->lines, ElementsAre("e2 healthy->ejected"));
}

TEST_F(BalancerLameTest, ComesBackWhenItsTrialSucceeds) {
  Lose(2, 3);
  CallTo("e2", kRefused);

  loop_->Advance(config_.outlier_detection.base_ejection_time);
  CallTo("e2", absl::OkStatus());

  EXPECT_EQ(StatusOf("e2").state, HealthState::kHealthy);
}

TEST_F(BalancerLameTest, AllThatAreGoneGo) {
  Lose(1, 10);

  for (int i = 1; i < 10; ++i) CallTo(absl::StrCat("e", i), kRefused);

  EXPECT_EQ(CallTimes(20)["e0"], 20);
  EXPECT_THAT(recorder_->lines, Not(Contains("panic_entered")));
}

TEST_F(BalancerLameTest, TheLastThatIsHealthyStays) {
  Lose(0, 2);

  CallTo("e0", kBroken);
  CallTo("e0", kBroken);
  CallTo("e1", kBroken);
  CallTo("e1", kBroken);

  EXPECT_EQ(StatusOf("e0").state, HealthState::kEjected);
  EXPECT_EQ(StatusOf("e1").state, HealthState::kHealthy);
}

TEST_F(BalancerLameTest, WhatFailsEverywhereProvesNothing) {
  Lose(3, 6);

  EXPECT_EQ(EjectedAfterAllFailed(6), 0);
}

TEST_F(BalancerLameTest, AlsoWithNobodyListed) {
  Lose(0, 6);

  EXPECT_LE(EjectedAfterAllFailed(6), 1);
}

TEST_F(BalancerLameTest, WhoIsListedAgainIsAsBefore) {
  Lose(2, 3);

  balancer_->Update(EndpointsNumbered(3));
  CallTo("e2", kRefused);

  EXPECT_THAT(recorder_->lines, ElementsAre("e2 endpoint_listed"));
  EXPECT_EQ(StatusOf("e2").reason, "new");
}

TEST_F(BalancerLameTest, ANewEndpointMayBeLame) {
  Start(LameFrom(2, 3));
  recorder_->lines.clear();

  CallTo("e2", kRefused);

  EXPECT_THAT(recorder_->lines, ElementsAre("e2 healthy->ejected"));
}

TEST_F(BalancerLameTest, WhoIsGoneIsNoLossOfItsTier) {
  EndpointList endpoints = LameFrom(1, 5);
  endpoints.push_back(EndpointsNamed({"backup"}).front());
  endpoints.back().tier = 1;
  Start(endpoints);

  for (int i = 1; i < 5; ++i) CallTo(absl::StrCat("e", i), kRefused);

  EXPECT_EQ(CallTimes(20)["e0"], 20);
}

}  // namespace
}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/balancer_fixture.h"

namespace nines {
namespace {

using ::testing::Contains;
using ::testing::Not;

// Four endpoints "a" … "d" in the first tier, two backups "x" and "y".
class BalancerTiersTest : public BalancerFixture {
 protected:
  void SetUp() override {
    endpoints_ = EndpointsNamed({"a", "b", "c", "d", "x", "y"});
    endpoints_[4].tier = endpoints_[5].tier = 1;
  }

  // Which share of the calls the backups get.
  double BackupShare() {
    auto counts = CallTimes(10'000);
    return (counts["x"] + counts["y"]) / 10'000.0;
  }

  EndpointList endpoints_;
};

TEST_F(BalancerTiersTest, UsesTheFirstTierWhileItIsAsGoodAsWhole) {
  Start(endpoints_);
  EXPECT_EQ(BackupShare(), 0);

  Disconnect("a");  // 1.4 × 3 / 4 > 1

  EXPECT_EQ(BackupShare(), 0);
}

TEST_F(BalancerTiersTest, SpillsByTheOverprovisioningFactorAndComesBack) {
  Start(endpoints_);

  Disconnect("a");
  Disconnect("b");
  EXPECT_NEAR(BackupShare(), 0.3, 0.03);  // 1 - 1.4 × 2 / 4
  Disconnect("c");
  EXPECT_NEAR(BackupShare(), 0.65, 0.03);
  Connect("a");
  Connect("b");
  EXPECT_EQ(BackupShare(), 0);
}

TEST_F(BalancerTiersTest, LosingTheWholeFirstTierIsNoPanicWhileTheBackupIsWhole) {
  config_.panic.threshold_percent = 50;
  Start(endpoints_);

  for (const char* address : {"a", "b", "c", "d"}) Disconnect(address);

  EXPECT_EQ(BackupShare(), 1);
  EXPECT_THAT(recorder_->lines, Not(Contains("panic_entered")));
  Disconnect("x");
  EXPECT_THAT(recorder_->lines, Contains("panic_entered"));
}

TEST_F(BalancerTiersTest, AnUpdateMovesEndpointsBetweenTiers) {
  Start(endpoints_);
  EndpointList swapped = endpoints_;
  for (Endpoint& endpoint : swapped) endpoint.tier = 1 - endpoint.tier;

  balancer_->Update(swapped);

  EXPECT_EQ(BackupShare(), 1);
}

TEST_F(BalancerTiersTest, TheNumbersOfTheTiersOnlyOrderThem) {
  for (Endpoint& endpoint : endpoints_) endpoint.tier = 10 + 300 * endpoint.tier;
  Start(endpoints_);

  Disconnect("a");
  Disconnect("b");

  EXPECT_NEAR(BackupShare(), 0.3, 0.03);
}

TEST_F(BalancerTiersTest, TheFactorIsTheConfigs) {
  config_.tier_overprovisioning_factor = 1.0;
  Start(endpoints_);

  Disconnect("a");

  EXPECT_NEAR(BackupShare(), 0.25, 0.03);
}

TEST_F(BalancerTiersTest, CountsWhoIsLostAcrossUpdates) {
  Start(endpoints_);
  Disconnect("a");
  Disconnect("b");

  endpoints_.erase(endpoints_.begin());  // "a": now one of three is lost
  balancer_->Update(endpoints_);

  EXPECT_NEAR(BackupShare(), 1 - 1.4 * 2 / 3, 0.03);
}

}  // namespace
}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/overload_control.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace nines {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(1);

// The shares that an endpoint takes over time that can serve `capacity` of its calls.
double MeanShareAt(double capacity, int intervals) {
  double share = 1;
  double sum = 0;
  for (int i = 0; i < 2 * intervals; ++i) {
    const double refused = std::max(0.0, share - capacity);
    share = ShareAfterInterval(share, refused / share, kInterval);
    if (i >= intervals) sum += share;
  }
  return sum / intervals;
}

TEST(OverloadControlTest, FallsByHalfOfWhatWasRefused) {
  EXPECT_DOUBLE_EQ(ShareAfterInterval(1, 0.5, kInterval), 0.75);
  EXPECT_DOUBLE_EQ(ShareAfterInterval(0.8, 1, kInterval), 0.4);
}

TEST(OverloadControlTest, KeepsEnoughToSeeItRecover) {
  EXPECT_DOUBLE_EQ(ShareAfterInterval(0.12, 1, kInterval), kLeastOverloadShare);
}

TEST(OverloadControlTest, RisesByTimeWhenNothingIsRefused) {
  EXPECT_DOUBLE_EQ(ShareAfterInterval(0.5, 0, kInterval), 0.55);
  EXPECT_DOUBLE_EQ(ShareAfterInterval(0.5, 0, 2 * kInterval), 0.6);
  EXPECT_DOUBLE_EQ(ShareAfterInterval(0.99, 0, kInterval), 1);
}

TEST(OverloadControlTest, OneRefusalInAHundredIsTolerated) {
  EXPECT_DOUBLE_EQ(ShareAfterInterval(0.5, 0.01, kInterval), 0.55);
  EXPECT_LT(ShareAfterInterval(0.5, 0.02, kInterval), 0.5);
}

TEST(OverloadControlTest, SettlesNearWhatTheEndpointCanServe) {
  EXPECT_NEAR(MeanShareAt(0.5, 200), 0.5, 0.03);
  EXPECT_NEAR(MeanShareAt(0.8, 200), 0.8, 0.03);
  EXPECT_DOUBLE_EQ(MeanShareAt(1, 200), 1);
}

}  // namespace
}  // namespace nines

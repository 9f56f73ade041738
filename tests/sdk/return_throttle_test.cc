// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/return_throttle.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nines {
namespace {

using ::testing::ElementsAre;

class ReturnThrottleTest : public ::testing::Test {
 protected:
  // How many of a crowd begin now.
  int BeginAll() {
    int begun = 0;
    while (throttle_.TryBegin(now_)) ++begun;
    return begun;
  }

  ReturnThrottle throttle_;
  absl::Time now_ = absl::UnixEpoch();
};

TEST_F(ReturnThrottleTest, FewBeginAtOnceAndTwiceAsManyInEachStep) {
  std::vector<int> begun;

  for (int i = 0; i < 4; ++i) {
    begun.push_back(BeginAll());
    now_ = throttle_.next_step();
  }

  EXPECT_THAT(begun, ElementsAre(4, 8, 16, 32));
}

TEST_F(ReturnThrottleTest, NobodyBeginsBeforeTheNextStep) {
  BeginAll();

  now_ += absl::Milliseconds(99);

  EXPECT_FALSE(throttle_.TryBegin(now_));
  EXPECT_EQ(throttle_.next_step(), now_ + absl::Milliseconds(1));
}

TEST_F(ReturnThrottleTest, AFailedTrialMakesTheNextStepSmall) {
  BeginAll();
  now_ = throttle_.next_step();
  ASSERT_EQ(BeginAll(), 8);

  throttle_.OnTrialFailed();
  now_ = throttle_.next_step();

  EXPECT_EQ(BeginAll(), 4);
  now_ = throttle_.next_step();
  EXPECT_EQ(BeginAll(), 8) << "it is forgotten after a step";
}

TEST_F(ReturnThrottleTest, AnotherCrowdLaterBeginsSmall) {
  BeginAll();
  now_ = throttle_.next_step();
  BeginAll();

  now_ += absl::Seconds(1);

  EXPECT_EQ(BeginAll(), 4);
}

TEST_F(ReturnThrottleTest, WhatIsNoCrowdDoesNotGrow) {
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(throttle_.TryBegin(now_));
    now_ = throttle_.next_step();
  }

  EXPECT_EQ(BeginAll(), 4);
}

}  // namespace
}  // namespace nines

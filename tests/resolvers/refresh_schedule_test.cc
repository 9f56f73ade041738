// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "refresh_schedule.h"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/time.h"

namespace nines {
namespace {

using ::testing::ElementsAre;

constexpr double kLeast = 0;
constexpr double kMiddle = 0.5;
constexpr double kAlmostOne = 1 - 0x1p-53;

/// The delays without jitter are easier to read.
DnsOptions WithoutBackoffJitter() {
  DnsOptions options;
  options.backoff_jitter_ratio = 0;
  return options;
}

TEST(RefreshScheduleTest, AnAnswerHoldsForItsTtl) {
  RefreshSchedule schedule{DnsOptions()};

  EXPECT_EQ(schedule.AfterAnswer(absl::Seconds(30), kLeast), absl::Seconds(30));
}

TEST(RefreshScheduleTest, JitterIsEarlyAndAtMostATenth) {
  RefreshSchedule schedule{DnsOptions()};

  EXPECT_EQ(schedule.AfterAnswer(absl::Seconds(30), kMiddle), absl::Milliseconds(28500));
  EXPECT_GE(schedule.AfterAnswer(absl::Seconds(30), kAlmostOne), absl::Seconds(27));
}

TEST(RefreshScheduleTest, ATtlOfZeroIsTheFloor) {
  RefreshSchedule schedule{DnsOptions()};

  EXPECT_EQ(schedule.AfterAnswer(absl::ZeroDuration(), kLeast), absl::Seconds(1));
  EXPECT_GE(schedule.AfterAnswer(absl::ZeroDuration(), kAlmostOne), absl::Milliseconds(900));
}

TEST(RefreshScheduleTest, ALongTtlIsTheCeiling) {
  RefreshSchedule schedule{DnsOptions()};

  EXPECT_EQ(schedule.AfterAnswer(absl::Hours(24), kLeast), absl::Seconds(60));
  EXPECT_EQ(schedule.AfterAnswer(absl::InfiniteDuration(), kLeast), absl::Seconds(60));
}

TEST(RefreshScheduleTest, FailuresBackOff) {
  RefreshSchedule schedule(WithoutBackoffJitter());
  std::array<absl::Duration, 10> delays;

  for (absl::Duration& delay : delays) {
    delay = absl::Floor(schedule.AfterFailure(kLeast), absl::Milliseconds(1));
  }

  EXPECT_THAT(delays, ElementsAre(absl::Milliseconds(1000), absl::Milliseconds(1600),
                                  absl::Milliseconds(2560), absl::Milliseconds(4096),
                                  absl::Milliseconds(6553), absl::Milliseconds(10485),
                                  absl::Milliseconds(16777), absl::Milliseconds(26843),
                                  absl::Seconds(30), absl::Seconds(30)));
}

TEST(RefreshScheduleTest, BackoffHasItsCeilingAfterAnyNumberOfFailures) {
  RefreshSchedule schedule(WithoutBackoffJitter());

  for (int i = 0; i < 100000; ++i) schedule.AfterFailure(kLeast);

  EXPECT_EQ(schedule.AfterFailure(kLeast), absl::Seconds(30));
}

TEST(RefreshScheduleTest, BackoffHasJitterBothWays) {
  EXPECT_EQ(RefreshSchedule(DnsOptions()).AfterFailure(kLeast), absl::Milliseconds(800));
  EXPECT_EQ(RefreshSchedule(DnsOptions()).AfterFailure(kMiddle), absl::Seconds(1));
  EXPECT_LE(RefreshSchedule(DnsOptions()).AfterFailure(kAlmostOne), absl::Milliseconds(1200));
}

TEST(RefreshScheduleTest, AnAnswerEndsTheBackoff) {
  RefreshSchedule schedule(WithoutBackoffJitter());
  schedule.AfterFailure(kLeast);
  schedule.AfterFailure(kLeast);

  schedule.AfterAnswer(absl::Seconds(30), kLeast);

  EXPECT_EQ(schedule.AfterFailure(kLeast), absl::Seconds(1));
}

TEST(RefreshScheduleTest, APartialAnswerIsFollowedByTheSoonerOfTtlAndBackoff) {
  RefreshSchedule schedule(WithoutBackoffJitter());

  EXPECT_EQ(schedule.AfterPartialAnswer(absl::Seconds(2), kLeast), absl::Seconds(1));
  EXPECT_EQ(schedule.AfterPartialAnswer(absl::Seconds(2), kLeast), absl::Milliseconds(1600));
  EXPECT_EQ(schedule.AfterPartialAnswer(absl::Seconds(2), kLeast), absl::Seconds(2));
}

}  // namespace
}  // namespace nines

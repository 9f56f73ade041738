// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/standstill_watch.h"

#include <gtest/gtest.h>

namespace nines {
namespace {

constexpr absl::Time kStart = absl::UnixEpoch();

absl::Time At(int64_t milliseconds) { return kStart + absl::Milliseconds(milliseconds); }

TEST(StandstillWatchTest, KnowsNothingBeforeATimerWasExpected) {
  StandstillWatch watch;

  EXPECT_EQ(watch.Within(At(0), At(1000)), absl::ZeroDuration());
  EXPECT_FALSE(watch.OnTimer(At(1000)));
  EXPECT_EQ(watch.Within(At(0), At(1000)), absl::ZeroDuration());
}

TEST(StandstillWatchTest, ATimerThatIsALittleLateIsJitter) {
  StandstillWatch watch;
  watch.Expect(At(100));

  EXPECT_TRUE(watch.OnTimer(At(120)));
  EXPECT_EQ(watch.Within(At(0), At(120)), absl::ZeroDuration());
}

TEST(StandstillWatchTest, ALateTimerEndsAStandstillThatBeganWhenItWasDue) {
  StandstillWatch watch;
  watch.Expect(At(100));

  EXPECT_FALSE(watch.OnTimer(At(300)));
  EXPECT_EQ(watch.Within(At(0), At(350)), absl::Milliseconds(200));
}

TEST(StandstillWatchTest, AStandstillShowsBeforeItsTimerHasCome) {
  StandstillWatch watch;
  watch.Expect(At(100));

  EXPECT_EQ(watch.Within(At(0), At(300)), absl::Milliseconds(200));
}

TEST(StandstillWatchTest, CountsOnlyWhatLiesInTheTimeAskedFor) {
  StandstillWatch watch;
  watch.Expect(At(100));
  watch.OnTimer(At(300));

  EXPECT_EQ(watch.Within(At(250), At(1000)), absl::Milliseconds(50));
  EXPECT_EQ(watch.Within(At(0), At(150)), absl::Milliseconds(50));
  EXPECT_EQ(watch.Within(At(300), At(1000)), absl::ZeroDuration());
}

TEST(StandstillWatchTest, ExpectsNothingAfterItsTimer) {
  StandstillWatch watch;
  watch.Expect(At(100));
  watch.OnTimer(At(101));

  EXPECT_EQ(watch.Within(At(0), At(5000)), absl::ZeroDuration());
}

}  // namespace
}  // namespace nines

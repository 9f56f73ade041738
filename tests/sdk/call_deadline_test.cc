// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "retry/call_deadline.h"

#include <gtest/gtest.h>

namespace nines {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'000'000);

TEST(CallDeadlineTest, IsAsFarAwayOnOurClockAsOnASteppedWallClock) {
  const absl::Time wall_now = kNow + absl::Hours(1);

  EXPECT_EQ(DeadlineOnClock(wall_now + absl::Seconds(2), kNow, [&] { return wall_now; }),
            kNow + absl::Seconds(2));
  EXPECT_EQ(DeadlineOnClock(wall_now - absl::Seconds(2), kNow, [&] { return wall_now; }),
            kNow - absl::Seconds(2));
}

TEST(CallDeadlineTest, OfNoneThereIsNoneAndNobodyAsksTheWallClock) {
  bool is_asked = false;
  const auto ask = [&] {
    is_asked = true;
    return kNow;
  };

  EXPECT_EQ(DeadlineOnClock(absl::InfiniteFuture(), kNow, ask), absl::InfiniteFuture());
  EXPECT_FALSE(is_asked);
}

TEST(CallDeadlineTest, OneThatIsInfinitelyPastStaysSo) {
  EXPECT_EQ(DeadlineOnClock(absl::InfinitePast(), kNow), absl::InfinitePast());
}

}  // namespace
}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "bare_timers.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace nines::bench {
namespace {

using ::testing::Each;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(BareTimersTest, TellsHowLongEachTook) {
  BareTimers timers;
  for (int i = 0; i < 20; ++i) timers.Set(absl::Milliseconds(2));

  const std::vector<double> took = timers.Take();

  EXPECT_THAT(took, SizeIs(20));
  EXPECT_THAT(took, Each(Ge(2)));
  EXPECT_THAT(timers.Take(), IsEmpty()) << "each is told once";
}

}  // namespace
}  // namespace nines::bench

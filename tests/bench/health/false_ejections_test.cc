// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "false_ejections.h"

#include "gtest/gtest.h"

namespace nines::bench {
namespace {

TEST(RunVirtuallyTest, EndpointsThatNeverFailAreNeverEjected) {
  const VirtualEjections ejections = RunVirtually({{0, 0, 0}}, absl::Minutes(20));

  EXPECT_EQ(ejections.healthy_ejected, 0u);
  EXPECT_EQ(ejections.others_ejected, 0u);
}

TEST(RunVirtuallyTest, OneThatFailsAFifthIsEjectedAndNobodyElse) {
  const VirtualEjections ejections = RunVirtually({{0.2, 0, 0}}, absl::Minutes(20));

  EXPECT_EQ(ejections.healthy_ejected, 0u);
  EXPECT_GT(ejections.others_ejected, 0u);
}

TEST(RunVirtuallyTest, WhereATenthFailsEverywhereHardlyAnybodyIsEjected) {
  const VirtualEjections ejections = RunVirtually({{0.1, 0.1, 0.1}}, absl::Hours(48));

  EXPECT_LT(ejections.healthy_ejected, 2u);  // one a day would be too many; it was ten in two days
}

TEST(RunVirtuallyTest, IsTheSameEachTime) {
  const VirtualService service = {{0.3, 0.1, 0.1}};

  const VirtualEjections first = RunVirtually(service, absl::Minutes(20), 7);
  const VirtualEjections second = RunVirtually(service, absl::Minutes(20), 7);

  EXPECT_EQ(first.others_ejected, second.others_ejected);
  EXPECT_EQ(first.healthy_ejected, second.healthy_ejected);
}

}  // namespace
}  // namespace nines::bench

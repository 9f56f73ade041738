// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "testbed/call_tally.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace nines::testbed {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

const ::grpc::Status kUnavailable(::grpc::UNAVAILABLE, "gone");
const ::grpc::Status kTooLate(::grpc::DEADLINE_EXCEEDED, "late");

TEST(CallTallyTest, IsFullyAvailableBeforeTheFirstCall) {
  EXPECT_EQ(CallTally().AvailabilityPercent(), 100);
}

TEST(CallTallyTest, CountsFailuresByCode) {
  CallTally tally;
  tally.Add(::grpc::Status::OK, absl::Milliseconds(1));
  tally.Add(kUnavailable, absl::Milliseconds(2));
  tally.Add(kTooLate, absl::Seconds(1));
  tally.Add(kUnavailable, absl::Milliseconds(2));

  EXPECT_EQ(tally.made, 4u);
  EXPECT_EQ(tally.failed, 3u);
  EXPECT_EQ(tally.AvailabilityPercent(), 25);
  EXPECT_THAT(tally.failed_by_code,
              ElementsAre(Pair(::grpc::DEADLINE_EXCEEDED, 1), Pair(::grpc::UNAVAILABLE, 2)));
  EXPECT_EQ(tally.last_error, "UNAVAILABLE: gone");
  EXPECT_EQ(tally.latency.count(), 4u);
}

TEST(CallTallyTest, MergesCountsAndKeepsAnError) {
  CallTally bad, good;
  bad.Add(kUnavailable, absl::Milliseconds(2));
  good.Add(::grpc::Status::OK, absl::Milliseconds(1));

  bad.Merge(good);

  EXPECT_EQ(bad.made, 2u);
  EXPECT_EQ(bad.failed, 1u);
  EXPECT_EQ(bad.last_error, "UNAVAILABLE: gone");
  EXPECT_EQ(bad.latency.count(), 2u);
}

}  // namespace
}  // namespace nines::testbed

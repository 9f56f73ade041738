// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "endpoints/latency.h"

#include <gtest/gtest.h>

#include "endpoints/load_baseline.h"
#include "support/endpoint_states.h"
#include "support/fakes.h"

namespace nines {
namespace {

constexpr float kMillisecond = 1e6f;

float After(float average, const absl::Status& status, absl::Duration latency) {
  return LatencyAfter(average, MakeOutcome(status, latency), kMillisecond);
}

TEST(LatencyTest, BelievesTheFirstAnswer) {
  EXPECT_EQ(After(0, absl::OkStatus(), absl::Milliseconds(3)), 3 * kMillisecond);
}

TEST(LatencyTest, RisesAtOnceAndFallsByASixteenth) {
  EXPECT_EQ(After(kMillisecond, absl::OkStatus(), absl::Milliseconds(9)), 9 * kMillisecond);
  EXPECT_EQ(After(17 * kMillisecond, absl::OkStatus(), absl::Milliseconds(1)), 16 * kMillisecond);
}

TEST(LatencyTest, LearnsNothingFromAnAnswerThatWasNotMeasured) {
  EXPECT_EQ(After(kMillisecond, absl::OkStatus(), absl::ZeroDuration()), kMillisecond);
}

TEST(LatencyTest, FastFailureCountsAsTwiceAsSlow) {
  const absl::Status down = absl::UnavailableError("down");

  EXPECT_EQ(After(kMillisecond, down, absl::Microseconds(1)), 2 * kMillisecond);
  EXPECT_EQ(After(kMillisecond, down, absl::Milliseconds(7)), 7 * kMillisecond);
  EXPECT_EQ(After(0, down, absl::ZeroDuration()), kUnknownFaultNanoseconds);
}

TEST(LatencyTest, EachFailureInARowAddsWhatAnAnswerTakes) {
  const absl::Status down = absl::UnavailableError("down");
  float average = kMillisecond;
  for (int i = 0; i < 100; ++i) average = After(average, down, absl::ZeroDuration());

  EXPECT_EQ(average, 101 * kMillisecond);
}

TEST(LatencyTest, FailuresBeforeAnyAnswerRaiseItToABoundAndNeverLowerIt) {
  const Outcome down = MakeOutcome(absl::UnavailableError("down"));
  float average = 0;
  for (int i = 0; i < 100; ++i) average = LatencyAfter(average, down, /*typical=*/0);

  EXPECT_EQ(average, kMaxFaultNanoseconds);
  EXPECT_EQ(LatencyAfter(20e9f, down, /*typical=*/0), 20e9f);
  EXPECT_EQ(LatencyAfter(20e9f, down, kMillisecond), 20e9f);
}

// Once it drifted to the bound, ten seconds, as each failure doubled it.
TEST(LatencyTest, OneFailureInTenIsWorthATwoToThreefoldLatency) {
  float average = kMillisecond;
  for (int i = 0; i < 10'000; ++i) {
    const bool fails = i % 10 == 0;
    average = After(average, fails ? absl::UnavailableError("down") : absl::OkStatus(),
                    absl::Milliseconds(1));
    if (i > 1'000) {
      ASSERT_GT(average, 2 * kMillisecond);
      ASSERT_LT(average, 4 * kMillisecond);
    }
  }
}

TEST(LatencyTest, QuickRefusalOfAnOverloadedEndpointIsNoSpeed) {
  EXPECT_EQ(After(kMillisecond, absl::ResourceExhaustedError("full"), absl::Microseconds(1)),
            2 * kMillisecond);
}

TEST(LatencyTest, CancelledCallWouldHaveTakenAtLeastAsLong) {
  EXPECT_EQ(After(kMillisecond, absl::CancelledError(), absl::Microseconds(1)), kMillisecond);
  EXPECT_EQ(After(kMillisecond, absl::CancelledError(), absl::Milliseconds(5)), 5 * kMillisecond);
}

TEST(LatencyTest, CallersErrorIsAnAnswerLikeOthers) {
  EXPECT_EQ(After(17 * kMillisecond, absl::NotFoundError("x"), absl::Milliseconds(1)),
            16 * kMillisecond);
}

TEST(LatencyTest, DeadlineThatIsTheCallersIsNoAnswer) {
  Outcome outcome = MakeOutcome(absl::DeadlineExceededError(""), absl::Microseconds(1));
  outcome.outcome_class = OutcomeClass::kNeutral;

  EXPECT_EQ(LatencyAfter(kMillisecond, outcome, kMillisecond), kMillisecond);
  EXPECT_FALSE(IsAnswer(outcome));
}

TEST(TypicalLatencyTest, BelievesTheFirstAnswer) {
  EXPECT_EQ(TypicalLatencyAfter(0, 3 * kMillisecond), 3 * kMillisecond);
}

TEST(TypicalLatencyTest, OneCallAThousandTimesAsLongRaisesItByAQuarter) {
  const float after = TypicalLatencyAfter(kMillisecond, 1000 * kMillisecond);

  EXPECT_GT(after, 1.2f * kMillisecond);
  EXPECT_LT(after, 1.35f * kMillisecond);
}

TEST(TypicalLatencyTest, FollowsAChangeInEitherDirection) {
  float average = kMillisecond;
  for (int i = 0; i < 40; ++i) average = TypicalLatencyAfter(average, 10 * kMillisecond);
  EXPECT_GT(average, 5 * kMillisecond);

  for (int i = 0; i < 200; ++i) average = TypicalLatencyAfter(average, kMillisecond);
  EXPECT_NEAR(average, kMillisecond, 0.02f * kMillisecond);
}

TEST(TypicalLatencyTest, FailuresRefusalsAndCancelsAreNoAnswers) {
  EXPECT_FALSE(IsAnswer(MakeOutcome(absl::UnavailableError(""), absl::Seconds(1))));
  EXPECT_FALSE(IsAnswer(MakeOutcome(absl::ResourceExhaustedError(""), absl::Seconds(1))));
  EXPECT_FALSE(IsAnswer(MakeOutcome(absl::CancelledError(""), absl::Seconds(1))));
  EXPECT_FALSE(IsAnswer(MakeOutcome(absl::OkStatus())));
  EXPECT_TRUE(IsAnswer(MakeOutcome(absl::OkStatus(), absl::Seconds(1))));
  EXPECT_TRUE(IsAnswer(MakeOutcome(absl::NotFoundError(""), absl::Seconds(1))));
}

class LoadBaselineTest : public ::testing::Test {
 protected:
  void Start(const std::vector<float>& latencies) {
    EndpointList endpoints;
    for (size_t i = 0; i < latencies.size(); ++i) {
      Endpoint endpoint;
      endpoint.address = std::string(1, static_cast<char>('a' + i));
      endpoints.push_back(endpoint);
    }
    table_.Merge(endpoints, MakeDeafState);
    for (size_t i = 0; i < latencies.size(); ++i) State(i).set_latency(latencies[i]);
  }
  EndpointState& State(size_t i) { return *table_.records()[i]->state; }

  EndpointTable table_;
  LoadBaseline baseline_;
};

TEST_F(LoadBaselineTest, KnowsNothingOfAPoolWithoutCalls) {
  Start({0, 0});

  baseline_.Tick(table_);

  EXPECT_EQ(baseline_.median(), 0);
  EXPECT_EQ(State(0).latency(), 0);
}

TEST_F(LoadBaselineTest, GivesTheMedianToThoseOfWhichNothingIsKnown) {
  Start({1, 100, 3, 0});

  baseline_.Tick(table_);

  EXPECT_EQ(baseline_.median(), 3);
  EXPECT_EQ(State(3).latency(), 3);
}

TEST_F(LoadBaselineTest, LetsTheIdleGoTowardsTheMedian) {
  Start({4, 4, 100});

  baseline_.Tick(table_);
  EXPECT_EQ(State(2).latency(), 76);
  baseline_.Tick(table_);
  EXPECT_EQ(State(2).latency(), 58);
  for (int i = 0; i < 20; ++i) baseline_.Tick(table_);
  EXPECT_EQ(State(2).latency(), 4) << "it arrives";
}

TEST_F(LoadBaselineTest, LeavesThoseAloneThatHaveCalls) {
  Start({4, 4, 100, 100});
  const Outcome ok = MakeOutcome(absl::OkStatus());
  ASSERT_EQ(State(2).TryLease(EndpointState::kHardFlags), EndpointState::Grant::kCall);
  State(2).Report({}, ok);
  ASSERT_EQ(State(3).TryLease(EndpointState::kHardFlags), EndpointState::Grant::kCall);

  baseline_.Tick(table_);

  EXPECT_EQ(State(2).latency(), 100) << "a call has ended";
  EXPECT_EQ(State(3).latency(), 100) << "a call is under way, and does not end";
  State(3).Unlease();
}

TEST_F(LoadBaselineTest, MedianOfTypicalLatenciesIsThatOfThoseKnown) {
  Start({1, 1, 1, 1});
  State(0).set_typical_latency(7);
  State(1).set_typical_latency(9);
  State(2).set_typical_latency(100);

  baseline_.Tick(table_);

  EXPECT_EQ(baseline_.typical(), 9);
}

TEST_F(LoadBaselineTest, RestartsAnEndpointAtTheMedian) {
  Start({5, 5, 100});
  baseline_.Tick(table_);

  baseline_.Restart(State(2));

  EXPECT_EQ(State(2).latency(), 5);
}

}  // namespace
}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/outlier_detector.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/endpoint_states.h"
#include "support/fakes.h"

namespace nines {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A detector over endpoints "e0", "e1", …, with the defaults of the config unless changed.
class OutlierDetectorTest : public ::testing::Test {
 protected:
  void Start(int endpoints) {
    detector_.Configure(config_);
    table_.Merge(EndpointsNumbered(endpoints), MakeDeafState);
  }

  EndpointState& State(size_t i) { return *table_.records()[i]->state; }

  void Call(size_t endpoint, int calls, int failures) {
    for (int i = 0; i < calls; ++i) {
      const absl::Status status = i < failures ? absl::UnavailableError("boom") : absl::OkStatus();
      State(endpoint).Report({State(endpoint).TryLease(0), State(endpoint).generation()},
                             MakeOutcome(status));
    }
  }

  void GiveUp(size_t endpoint, int calls, bool is_overtaken) {
    Outcome outcome = MakeOutcome(absl::CancelledError("not wanted any more"));
    outcome.is_overtaken = is_overtaken;
    for (int i = 0; i < calls; ++i) {
      State(endpoint).Report({State(endpoint).TryLease(0), State(endpoint).generation()}, outcome);
    }
  }

  std::vector<Suspect> EndInterval() {
    return detector_.EndInterval(table_.records(), absl::Seconds(1));
  }

  std::string AddressOf(const Suspect& suspect) { return suspect.record->endpoint.address; }

  OutlierDetectionConfig config_;
  EndpointTable table_;
  OutlierDetector detector_;
};

TEST_F(OutlierDetectorTest, SuspectsWhomTheFailurePercentageFinds) {
  Start(2);
  Call(0, 20, 0);
  Call(1, 20, 16);

  const std::vector<Suspect> suspects = EndInterval();

  ASSERT_FALSE(suspects.empty());
  EXPECT_EQ(AddressOf(suspects[0]), "e1");
  EXPECT_THAT(suspects[0].reason.ToString(),
              HasSubstr("failure percentage: 16 of 20 calls failed"));
}

TEST_F(OutlierDetectorTest, SuspectsWhomTheSuccessRateFinds) {
  Start(5);
  for (size_t i = 0; i < 4; ++i) Call(i, 50, 0);
  Call(4, 50, 15);

  const std::vector<Suspect> suspects = EndInterval();

  ASSERT_FALSE(suspects.empty());
  EXPECT_EQ(AddressOf(suspects[0]), "e4");
  EXPECT_THAT(suspects[0].reason.ToString(), HasSubstr("success rate: 15 of 50 calls failed"));
}

TEST_F(OutlierDetectorTest, SuspectsWhoIsOvertakenEachTime) {
  Start(3);
  Call(0, 50, 0);
  Call(2, 50, 0);
  GiveUp(1, 12, true);

  const std::vector<Suspect> suspects = EndInterval();

  ASSERT_FALSE(suspects.empty());
  EXPECT_EQ(AddressOf(suspects[0]), "e1");
  EXPECT_THAT(suspects[0].reason.ToString(),
              HasSubstr("none of the last 12 was answered before another endpoint did"));
}

TEST_F(OutlierDetectorTest, AddsUpWhoIsSeldomCalledAndOvertakenEachTime) {
  Start(3);
  int intervals = 0;
  for (std::vector<Suspect> suspects; suspects.empty(); ++intervals) {
    ASSERT_LT(intervals, 60);
    Call(0, 2, 0);
    Call(2, 2, 0);
    GiveUp(1, 2, true);
    suspects = EndInterval();
  }

  EXPECT_GE(intervals, 5) << "ten calls";
}

TEST_F(OutlierDetectorTest, WhoIsOvertakenOftenAndAnswersAtTimesIsOnlySlower) {
  Start(3);
  for (int i = 0; i < 100; ++i) {
    Call(0, 20, 0);
    Call(2, 20, 0);
    Call(1, 1, 0);
    GiveUp(1, 19, true);
    EXPECT_THAT(EndInterval(), IsEmpty());
  }
}

TEST_F(OutlierDetectorTest, WhatCallersCancelIsNeitherGoodNorBad) {
  Start(3);
  for (int i = 0; i < 10; ++i) {
    Call(0, 20, 0);
    Call(2, 20, 0);
    GiveUp(1, 20, false);
    EXPECT_THAT(EndInterval(), IsEmpty());
  }

  GiveUp(1, 1000, false);
  Call(1, 20, 16);
  EXPECT_FALSE(EndInterval().empty()) << "a thousand cancels do not hide it";
}

TEST_F(OutlierDetectorTest, OneFailureAmongPerfectPeersIsChance) {
  Start(10);
  for (size_t i = 0; i < 10; ++i) Call(i, 100, i == 3 ? 1 : 0);

  EXPECT_THAT(EndInterval(), IsEmpty());
}

TEST_F(OutlierDetectorTest, NobodyIsWorseWhenAllFail) {
  Start(3);
  for (size_t i = 0; i < 3; ++i) Call(i, 50, 40);

  EXPECT_THAT(EndInterval(), IsEmpty());
}

TEST_F(OutlierDetectorTest, OnlyTheNewCallsCount) {
  Start(2);
  Call(0, 20, 0);
  Call(1, 20, 16);
  EndInterval();
  Call(0, 20, 0);
  Call(1, 20, 0);

  EXPECT_THAT(EndInterval(), IsEmpty());
}

TEST_F(OutlierDetectorTest, EndpointsOutOfRotationAreNotCompared) {
  Start(3);
  State(2).SetFlags(EndpointState::kEjected);
  Call(0, 20, 0);
  Call(1, 20, 0);
  Call(2, 20, 20);

  EXPECT_THAT(EndInterval(), IsEmpty());
}

TEST_F(OutlierDetectorTest, TheWorstComesFirst) {
  Start(4);
  Call(0, 50, 0);
  Call(1, 50, 30);
  Call(2, 50, 50);
  Call(3, 50, 0);

  const std::vector<Suspect> suspects = EndInterval();

  ASSERT_GE(suspects.size(), 2u);
  EXPECT_EQ(AddressOf(suspects[0]), "e2");
}

// Calls as they come in reality, two a second on each of three endpoints.
class SlowServiceTest : public OutlierDetectorTest {
 protected:
  // Runs intervals until one suspects somebody; their number, at most `limit`.
  int IntervalsUntilSuspicion(const std::vector<double>& failure_ratios, int limit) {
    for (int interval = 1; interval <= limit; ++interval) {
      for (size_t i = 0; i < failure_ratios.size(); ++i) {
        std::binomial_distribution<int> failures(2, failure_ratios[i]);
        Call(i, 2, failures(rng_));
      }
      last_ = EndInterval();
      if (!last_.empty()) return interval;
    }
    return limit;
  }

  std::mt19937_64 rng_{1};
  std::vector<Suspect> last_;
};

TEST_F(SlowServiceTest, OneInFiveFailingIsFoundWithinAMinute) {
  Start(3);
  IntervalsUntilSuspicion({0, 0, 0}, 60);

  const int intervals = IntervalsUntilSuspicion({0, 0.2, 0}, 600);

  EXPECT_LE(intervals, 60);
  ASSERT_FALSE(last_.empty());
  EXPECT_EQ(AddressOf(last_[0]), "e1");
  EXPECT_THAT(last_[0].reason.ToString(), HasSubstr("sequential test"));
}

TEST_F(SlowServiceTest, IsFoundInNearlyEveryRunWithinAMinute) {
  int late = 0;
  for (int run = 0; run < 200; ++run) {
    Start(3);
    for (const auto& record : table_.records()) record->suspicion = 0;
    late += static_cast<int>(IntervalsUntilSuspicion({0, 0.2, 0}, 600) > 60);
  }
  EXPECT_LE(late, 2);
}

TEST_F(SlowServiceTest, HealthyEndpointsAreNotSuspectedInADay) {
  constexpr int kDay = 24 * 60 * 60;
  for (const double failure_ratio : {0.0, 0.005, 0.02, 0.1}) {
    Start(3);
    EXPECT_EQ(IntervalsUntilSuspicion({failure_ratio, failure_ratio, failure_ratio}, kDay), kDay)
        << "all three fail " << failure_ratio << " of their calls";
  }
}

TEST_F(OutlierDetectorTest, ARunIsNoChanceAsLongAsNothingIsKnown) {
  Start(3);

  EXPECT_FALSE(detector_.IsChance(1));
  for (size_t i = 0; i < 3; ++i) Call(i, /*calls=*/10, /*failures=*/5);
  EndInterval();

  EXPECT_FALSE(detector_.IsChance(1));
}

TEST_F(OutlierDetectorTest, ARunIsChanceWhereEndpointsUsuallyFailAsOften) {
  Start(3);
  for (size_t i = 0; i < 3; ++i) Call(i, /*calls=*/100, /*failures=*/10);

  EndInterval();

  EXPECT_TRUE(detector_.IsChance(5));   // 10⁻⁵
  EXPECT_FALSE(detector_.IsChance(6));  // 10⁻⁶
}

TEST_F(OutlierDetectorTest, AFewBadEndpointsMakeNoRunUsual) {
  Start(5);
  for (size_t i = 0; i < 5; ++i) Call(i, /*calls=*/100, /*failures=*/i < 2 ? 100 : 0);

  EndInterval();

  EXPECT_FALSE(detector_.IsChance(1));
}

TEST_F(OutlierDetectorTest, OfTwoEndpointsTheBetterOneIsTheUsual) {
  Start(2);
  Call(0, /*calls=*/100, /*failures=*/100);
  Call(1, /*calls=*/100, /*failures=*/1);

  EndInterval();

  EXPECT_FALSE(detector_.IsChance(5));
}

TEST_F(OutlierDetectorTest, WhereAllCallsFailNoRunIsAnything) {
  Start(3);
  for (size_t i = 0; i < 3; ++i) Call(i, /*calls=*/100, /*failures=*/100);

  EndInterval();

  EXPECT_TRUE(detector_.IsChance(1'000));
}

}  // namespace
}  // namespace nines

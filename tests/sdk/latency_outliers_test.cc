// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/latency_outliers.h"

#include <cmath>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/endpoint_states.h"
#include "support/fakes.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A detector over endpoints "e0", "e1", …, with the defaults of the config unless changed.
class LatencyOutliersTest : public ::testing::Test {
 protected:
  void Start(int endpoints) {
    detector_.Configure(config_);
    table_.Merge(EndpointsNumbered(endpoints), MakeDeafState);
  }
  EndpointState& State(size_t i) { return *table_.records()[i]->state; }

  void Call(size_t endpoint, absl::Duration latency, int calls = 1) {
    for (int i = 0; i < calls; ++i) {
      State(endpoint).Report({State(endpoint).TryLease(0), State(endpoint).generation()},
                             MakeOutcome(absl::OkStatus(), latency));
    }
  }
  // The suspects of the next look.
  std::vector<std::string> Look() {
    now_ += absl::Milliseconds(250);
    std::vector<std::string> addresses;
    last_ = detector_.Look(table_.records(), now_);
    for (const Suspect& suspect : last_) addresses.push_back(suspect.record->endpoint.address);
    return addresses;
  }
  // Those of so many looks, after `calls` calls of each endpoint with its latency before each.
  std::vector<std::string> LookAfter(int calls, const std::vector<absl::Duration>& latencies,
                                     int looks) {
    std::vector<std::string> suspects;
    for (int look = 0; look < looks; ++look) {
      for (size_t i = 0; i < latencies.size(); ++i) Call(i, latencies[i], calls);
      for (const std::string& address : Look()) suspects.push_back(address);
    }
    return suspects;
  }

  OutlierDetectionConfig config_;
  EndpointTable table_;
  LatencyOutliers detector_;
  absl::Time now_ = absl::FromUnixSeconds(1000);
  std::vector<Suspect> last_;
};

constexpr absl::Duration kFast = absl::Milliseconds(5);
constexpr absl::Duration kSlow = absl::Milliseconds(50);

TEST_F(LatencyOutliersTest, SuspectsWhoIsSlowAtThreeLooksInARow) {
  Start(3);

  EXPECT_THAT(LookAfter(50, {kFast, kSlow, kFast}, 2), IsEmpty());
  EXPECT_THAT(LookAfter(50, {kFast, kSlow, kFast}, 1), ElementsAre("e1"));
  EXPECT_EQ(last_[0].reason.ToString(), "slow: answers after 50ms where its peers take 5ms");
}

TEST_F(LatencyOutliersTest, IsFoundInAnIntervalAfterLongHealth) {
  Start(3);
  LookAfter(50, {kFast, kFast, kFast}, 20);

  EXPECT_THAT(LookAfter(50, {kFast, kSlow, kFast}, 4), ElementsAre("e1", "e1"));
}

// A garbage collection: nothing for long, then all that waited at once.
TEST_F(LatencyOutliersTest, PauseOfAnyLengthIsNoSlowness) {
  Start(3);
  LookAfter(50, {kFast, kFast, kFast}, 8);
  for (int waited = 200; waited > 0; --waited) Call(1, waited * absl::Milliseconds(10));
  Call(0, kFast, 50);
  Call(2, kFast, 50);
  EXPECT_THAT(Look(), IsEmpty());

  EXPECT_THAT(LookAfter(50, {kFast, kFast, kFast}, 8), IsEmpty());
}

TEST_F(LatencyOutliersTest, FactorIsOfTheMedian) {
  Start(3);

  EXPECT_THAT(LookAfter(50, {kFast, 4 * kFast, kFast}, 8), IsEmpty());
  EXPECT_THAT(LookAfter(50, {kFast, 6 * kFast, kFast}, 8), Not(IsEmpty()));
}

TEST_F(LatencyOutliersTest, HalfAPoolIsNoOutlier) {
  Start(4);

  EXPECT_THAT(LookAfter(50, {kFast, kFast, kSlow, kSlow}, 8), IsEmpty());
}

TEST_F(LatencyOutliersTest, ServiceThatIsSlowAsAWholeHasNone) {
  Start(3);
  LookAfter(50, {kFast, kFast, kFast}, 8);

  EXPECT_THAT(LookAfter(50, {kSlow, kSlow, kSlow}, 8), IsEmpty());
}

TEST_F(LatencyOutliersTest, DifferencesBelowAMillisecondDoNotMatter) {
  Start(3);

  EXPECT_THAT(
      LookAfter(50, {absl::Microseconds(50), absl::Microseconds(900), absl::Microseconds(50)}, 8),
      IsEmpty());
  EXPECT_THAT(
      LookAfter(50, {absl::Microseconds(50), absl::Microseconds(1100), absl::Microseconds(50)}, 8),
      Not(IsEmpty()));
}

TEST_F(LatencyOutliersTest, FewCallsAreNotJudged) {
  Start(3);

  EXPECT_THAT(LookAfter(4, {kFast, kSlow, kFast}, 50), IsEmpty());
  EXPECT_THAT(LookAfter(5, {kFast, kSlow, kFast}, 50), Not(IsEmpty()));
}

// Its first answer was slow, and it has given no other since.
TEST_F(LatencyOutliersTest, RefusalsAndFailuresAreNoAnswers) {
  Start(3);
  Call(1, kSlow);
  for (int look = 0; look < 8; ++look) {
    for (int call = 0; call < 50; ++call) {
      const absl::Status status =
          call % 2 == 0 ? absl::ResourceExhaustedError("full") : absl::UnavailableError("down");
      State(1).Report({State(1).TryLease(0), State(1).generation()}, MakeOutcome(status, kFast));
    }
    Call(0, kFast, 50);
    Call(2, kFast, 50);
    EXPECT_THAT(Look(), IsEmpty());
  }
}

TEST_F(LatencyOutliersTest, TwoEndpointsAreTooFewToCompare) {
  Start(2);

  EXPECT_THAT(LookAfter(50, {kFast, kSlow}, 8), IsEmpty());
}

TEST_F(LatencyOutliersTest, WorstComesFirst) {
  Start(5);

  EXPECT_THAT(LookAfter(50, {kFast, kSlow, kFast, 2 * kSlow, kFast}, 3), ElementsAre("e3", "e1"));
}

TEST_F(LatencyOutliersTest, BeginsAnewWithWhoReturns) {
  Start(3);
  LookAfter(50, {kFast, kSlow, kFast}, 2);
  State(1).SetFlags(EndpointState::kEjected);
  LookAfter(50, {kFast, kSlow, kFast}, 1);
  State(1).ClearFlags(EndpointState::kEjected);

  EXPECT_THAT(LookAfter(50, {kFast, kSlow, kFast}, 2), IsEmpty());
}

TEST_F(LatencyOutliersTest, FactorOfZeroIsOff) {
  config_.latency.factor = 0;
  Start(3);

  EXPECT_EQ(detector_.next_look(), absl::InfiniteFuture());
  EXPECT_FALSE(detector_.IsSlow(absl::Hours(1)));
}

TEST_F(LatencyOutliersTest, LooksFourTimesInAnInterval) {
  config_.interval = absl::Seconds(10);
  Start(3);
  EXPECT_LE(detector_.next_look(), now_) << "at once";
  Call(0, kFast);

  Look();

  EXPECT_EQ(detector_.next_look(), now_ + absl::Milliseconds(2500));
}

TEST_F(LatencyOutliersTest, WaitsForTheIntervalsEndWhileNobodyAnswers) {
  Start(3);

  Look();
  EXPECT_EQ(detector_.next_look(), absl::InfiniteFuture());

  Call(2, kFast);
  Look();
  EXPECT_EQ(detector_.next_look(), now_ + absl::Milliseconds(250));
}

// Latencies as they are: log-normal, with a hundredth of the calls fifty times as slow.
TEST_F(LatencyOutliersTest, NoHealthyEndpointIsSuspectedInADay) {
  constexpr int kLooksInADay = 4 * 24 * 60 * 60;
  Start(3);
  std::mt19937_64 rng(1);
  std::lognormal_distribution<double> milliseconds(std::log(5), 0.8);
  std::bernoulli_distribution is_slow_call(0.01);
  int suspicions = 0;
  for (int look = 0; look < kLooksInADay; ++look) {
    for (size_t i = 0; i < 3; ++i) {
      for (int call = 0; call < 5; ++call) {
        const double factor = is_slow_call(rng) ? 50 : 1;
        Call(i, absl::Milliseconds(factor * milliseconds(rng)));
      }
    }
    suspicions += static_cast<int>(Look().size());
  }
  EXPECT_EQ(suspicions, 0);
}

}  // namespace
}  // namespace nines

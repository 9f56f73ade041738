// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "retry/retrier.h"

#include <optional>

#include <gtest/gtest.h>

namespace nines {
namespace {

using Kind = Retrier::Step::Kind;

const absl::Time kNow = absl::FromUnixSeconds(1'000'000);
const absl::Status kDown = absl::UnavailableError("down");
const absl::Status kRefused = MarkUnprocessed(absl::InternalError("refused"));

// A retryPolicy of three attempts for UNAVAILABLE, with a backoff of 100 ms that doubles.
MethodConfig RetryConfig() {
  RetryPolicy policy;
  policy.max_attempts = 3;
  policy.initial_backoff = absl::Milliseconds(100);
  policy.retryable_codes = {absl::StatusCode::kUnavailable};
  MethodConfig config;
  config.retry_policy = policy;
  return config;
}

// A hedgingPolicy of three attempts, one every 10 ms, for which UNAVAILABLE is not fatal.
MethodConfig HedgingConfig() {
  HedgingPolicy policy;
  policy.max_attempts = 3;
  policy.hedging_delay = absl::Milliseconds(10);
  policy.non_fatal_codes = {absl::StatusCode::kUnavailable};
  MethodConfig config;
  config.hedging_policy = policy;
  return config;
}

class RetrierTest : public ::testing::Test {
 protected:
  static RetryBudgetConfig Budget(uint32_t retries) {
    RetryBudgetConfig budget;
    budget.percent = 0;
    budget.min_per_second = retries;
    budget.ttl = absl::Seconds(1);
    return budget;
  }

  void UseBudget(uint32_t retries) { gate_.emplace(Budget(retries), std::nullopt); }
  void UseTokens(uint32_t tokens) {
    RetryThrottling throttling;
    throttling.max_tokens = tokens;
    gate_.emplace(Budget(100), throttling);
  }

  Retrier Begin(const MethodConfig& config, absl::Time deadline = absl::InfiniteFuture()) {
    plan_.emplace(config);
    Retrier retrier(*plan_, *gate_, deadline);
    EXPECT_TRUE(retrier.TryStart(kNow, absl::ZeroDuration()));
    return retrier;
  }

  std::optional<RetryGate> gate_{std::in_place, Budget(100), std::nullopt};
  std::optional<MethodPlan> plan_;
};

void ExpectEnd(const Retrier::Step& step, CallEnd end) {
  EXPECT_EQ(step.kind, Kind::kEnd);
  EXPECT_EQ(step.end, end);
}

TEST_F(RetrierTest, TriesElsewhereAtOnce) {
  Retrier retrier = Begin(RetryConfig());

  const Retrier::Step step = retrier.AfterFailure({kDown}, kNow);

  EXPECT_EQ(step.kind, Kind::kTry);
  EXPECT_LE(step.at, kNow);
  EXPECT_EQ(step.reason, AttemptReason::kFailure);
}

TEST_F(RetrierTest, RetriesOnlyTheCodesOfThePolicy) {
  Retrier retrier = Begin(RetryConfig());

  ExpectEnd(retrier.AfterFailure({absl::InternalError("")}, kNow), CallEnd::kNotRetryable);
}

TEST_F(RetrierTest, RetriesWhatWasNeverProcessedWhateverItsCode) {
  Retrier retrier = Begin(RetryConfig());

  EXPECT_EQ(retrier.AfterFailure({kRefused}, kNow).kind, Kind::kTry);
}

TEST_F(RetrierTest, WithoutPolicyRetriesOnlyWhatWasNeverProcessed) {
  Retrier retrier = Begin(MethodConfig{});

  EXPECT_EQ(retrier.AfterFailure({kRefused}, kNow).kind, Kind::kTry);
  ExpectEnd(retrier.AfterFailure({kDown}, kNow), CallEnd::kNotRetryable);
}

TEST_F(RetrierTest, RetriesAnAttemptThatTimedOutByItsOwnLimit) {
  Retrier retrier = Begin(RetryConfig());
  const absl::Status late = absl::DeadlineExceededError("");

  EXPECT_EQ(retrier.AfterFailure({late, true}, kNow).kind, Kind::kTry);
  ExpectEnd(retrier.AfterFailure({late, false}, kNow), CallEnd::kNotRetryable);
}

TEST_F(RetrierTest, MakesNoMoreAttemptsThanThePolicyHas) {
  Retrier retrier = Begin(RetryConfig());
  ASSERT_TRUE(retrier.TryStart(kNow, absl::ZeroDuration()));
  ASSERT_EQ(retrier.AfterFailure({kDown}, kNow).kind, Kind::kTry);
  ASSERT_TRUE(retrier.TryStart(kNow, absl::ZeroDuration()));

  ExpectEnd(retrier.AfterFailure({kDown}, kNow), CallEnd::kAttemptsUsedUp);
}

TEST_F(RetrierTest, EndsWhenTheBudgetIsExhausted) {
  UseBudget(1);
  Retrier retrier = Begin(RetryConfig());

  EXPECT_EQ(retrier.AfterFailure({kDown}, kNow).kind, Kind::kTry);
  EXPECT_TRUE(retrier.TryStart(kNow, absl::ZeroDuration()));
  ExpectEnd(retrier.AfterFailure({kDown}, kNow), CallEnd::kBudgetExhausted);
}

TEST_F(RetrierTest, TakesNothingFromTheBudgetForWhatIsNotMade) {
  UseBudget(1);
  ExpectEnd(Begin(MethodConfig{}).AfterFailure({kDown}, kNow), CallEnd::kNotRetryable);
  ExpectEnd(
      Begin(RetryConfig(), kNow + absl::Seconds(1)).AfterFailure({kDown}, kNow + absl::Seconds(1)),
      CallEnd::kDeadline);

  EXPECT_EQ(Begin(RetryConfig()).AfterFailure({kDown}, kNow).kind, Kind::kTry);
}

TEST_F(RetrierTest, ARetryThatSucceedsIsGivenBackToTheBudget) {
  UseBudget(1);
  Retrier retrier = Begin(RetryConfig());
  ASSERT_EQ(retrier.AfterFailure({kDown}, kNow).kind, Kind::kTry);
  ASSERT_TRUE(retrier.TryStart(kNow, absl::ZeroDuration()));
  retrier.OnSuccess();

  EXPECT_EQ(Begin(RetryConfig()).AfterFailure({kDown}, kNow).kind, Kind::kTry);
}

TEST_F(RetrierTest, AHedgeThatWinsIsNotGivenBack) {
  UseBudget(1);
  Retrier retrier = Begin(HedgingConfig());
  ASSERT_TRUE(retrier.TryHedge(kNow));
  ASSERT_TRUE(retrier.TryStart(kNow, absl::ZeroDuration()));
  retrier.OnSuccess();

  EXPECT_FALSE(Begin(HedgingConfig()).TryHedge(kNow));
}

TEST_F(RetrierTest, AnAttemptThatDoesNotBeginIsGivenBack) {
  UseBudget(1);
  ASSERT_EQ(Begin(RetryConfig()).AfterFailure({kDown}, kNow).kind, Kind::kTry);
  ASSERT_TRUE(Begin(HedgingConfig()).TryHedge(kNow));

  Retrier retrier = Begin(RetryConfig());
  ASSERT_EQ(retrier.AfterFailure({kDown}, kNow).kind, Kind::kTry);
  ASSERT_TRUE(retrier.TryStart(kNow, absl::ZeroDuration()));

  ExpectEnd(Begin(RetryConfig()).AfterFailure({kDown}, kNow), CallEnd::kBudgetExhausted);
}

TEST_F(RetrierTest, FailuresWhileTheNextAttemptIsDueArePaidForOnce) {
  UseBudget(2);
  Retrier retrier = Begin(HedgingConfig());
  ASSERT_TRUE(retrier.TryHedge(kNow));
  ASSERT_TRUE(retrier.TryStart(kNow, absl::ZeroDuration()));

  const absl::Status later = WithPushback(kDown, absl::Seconds(1));
  ASSERT_EQ(retrier.AfterFailure({later, false, false, 1}, kNow).kind, Kind::kTry);

  EXPECT_EQ(retrier.AfterFailure({kDown}, kNow).kind, Kind::kTry);
}

TEST_F(RetrierTest, EndsWhileRetriesAreThrottled) {
  UseTokens(4);
  EXPECT_EQ(Begin(RetryConfig()).AfterFailure({kDown}, kNow).kind, Kind::kTry);

  ExpectEnd(Begin(RetryConfig()).AfterFailure({kDown}, kNow), CallEnd::kThrottled);
}

TEST_F(RetrierTest, FailuresThatMayNotBeRetriedTakeNoToken) {
  UseTokens(4);
  for (int i = 0; i < 10; ++i) {
    ExpectEnd(Begin(RetryConfig()).AfterFailure({absl::InternalError("")}, kNow),
              CallEnd::kNotRetryable);
  }

  EXPECT_EQ(Begin(RetryConfig()).AfterFailure({kDown}, kNow).kind, Kind::kTry);
}

TEST_F(RetrierTest, DoesNotRetryAQueryOfDeath) {
  Retrier retrier = Begin(RetryConfig());

  ExpectEnd(retrier.AfterFailure({kDown, false, true}, kNow), CallEnd::kQueryOfDeath);
}

TEST_F(RetrierTest, WaitsAsLongAsTheServerSays) {
  Retrier retrier = Begin(RetryConfig());

  const Retrier::Step step = retrier.AfterFailure({WithPushback(kDown, absl::Seconds(2))}, kNow);

  EXPECT_EQ(step.kind, Kind::kTry);
  EXPECT_EQ(step.at, kNow + absl::Seconds(2));
  EXPECT_EQ(step.reason, AttemptReason::kPushback);
}

TEST_F(RetrierTest, StopsWhenTheServerSaysSo) {
  Retrier retrier = Begin(RetryConfig());

  ExpectEnd(retrier.AfterFailure({WithPushback(kDown, absl::Seconds(-1))}, kNow),
            CallEnd::kPushback);
}

TEST_F(RetrierTest, DoesNotWaitForAPushbackPastTheDeadline) {
  Retrier retrier = Begin(RetryConfig(), kNow + absl::Seconds(2));

  ExpectEnd(retrier.AfterFailure({WithPushback(kDown, absl::Seconds(2))}, kNow),
            CallEnd::kDeadline);
}

TEST_F(RetrierTest, BacksOffBeforeARepeatByA6) {
  Retrier retrier = Begin(RetryConfig());

  EXPECT_EQ(retrier.BeforeRepeat(kNow, 0.5).at, kNow + absl::Milliseconds(100));
  EXPECT_EQ(retrier.BeforeRepeat(kNow, 0.5).reason, AttemptReason::kRepeat);
  ASSERT_TRUE(retrier.TryStart(kNow, absl::ZeroDuration()));
  EXPECT_EQ(retrier.BeforeRepeat(kNow, 0.5).at, kNow + absl::Milliseconds(200));
}

TEST_F(RetrierTest, PushbackBeginsTheBackoffAnew) {
  Retrier retrier = Begin(RetryConfig());
  ASSERT_TRUE(retrier.TryStart(kNow, absl::ZeroDuration()));
  ASSERT_EQ(retrier.AfterFailure({WithPushback(kDown, absl::Seconds(1))}, kNow).kind, Kind::kTry);
  ASSERT_TRUE(retrier.TryStart(kNow, absl::ZeroDuration()));

  EXPECT_EQ(retrier.BeforeRepeat(kNow, 0.5).at, kNow + absl::Milliseconds(100));
}

TEST_F(RetrierTest, DoesNotBackOffPastTheDeadline) {
  Retrier retrier = Begin(RetryConfig(), kNow + absl::Milliseconds(100));

  ExpectEnd(retrier.BeforeRepeat(kNow, 0.5), CallEnd::kDeadline);
}

TEST_F(RetrierTest, BeginsNoAttemptThatCannotEndInTime) {
  Retrier retrier = Begin(RetryConfig(), kNow + absl::Milliseconds(10));

  EXPECT_FALSE(retrier.TryStart(kNow, absl::Milliseconds(100)));
  EXPECT_TRUE(retrier.TryStart(kNow, absl::Milliseconds(20)));
  EXPECT_FALSE(retrier.TryStart(kNow + absl::Milliseconds(10), absl::ZeroDuration()));
}

TEST_F(RetrierTest, BeginsTheFirstAttemptHoweverSlowItsEndpoint) {
  plan_.emplace();
  Retrier retrier(*plan_, *gate_, kNow + absl::Milliseconds(10));

  EXPECT_TRUE(retrier.TryStart(kNow, absl::Seconds(100)));
}

TEST_F(RetrierTest, AttemptsEndByTheirOwnLimitOrTheCalls) {
  MethodConfig config = RetryConfig();
  config.retry_policy->per_attempt_recv_timeout = absl::Seconds(1);

  EXPECT_EQ(Begin(config).AttemptDeadline(kNow), kNow + absl::Seconds(1));
  EXPECT_EQ(Begin(config, kNow + absl::Milliseconds(5)).AttemptDeadline(kNow),
            kNow + absl::Milliseconds(5));
}

TEST_F(RetrierTest, HedgesAfterTheDelay) {
  Retrier retrier = Begin(HedgingConfig());

  EXPECT_EQ(retrier.NextHedge(kNow), kNow + absl::Milliseconds(10));
  EXPECT_TRUE(retrier.TryHedge(kNow + absl::Milliseconds(10)));
}

TEST_F(RetrierTest, DoesNotHedgeWithoutAPolicy) {
  EXPECT_EQ(Begin(RetryConfig()).NextHedge(kNow), absl::InfiniteFuture());
}

TEST_F(RetrierTest, DoesNotHedgeAtTheDeadline) {
  Retrier retrier = Begin(HedgingConfig(), kNow + absl::Milliseconds(10));

  EXPECT_EQ(retrier.NextHedge(kNow), absl::InfiniteFuture());
}

TEST_F(RetrierTest, HedgesNoMoreOnceTheBudgetIsExhausted) {
  UseBudget(0);
  Retrier retrier = Begin(HedgingConfig());

  EXPECT_FALSE(retrier.TryHedge(kNow));
  EXPECT_EQ(retrier.NextHedge(kNow), absl::InfiniteFuture());
}

TEST_F(RetrierTest, HedgesNoMoreOnceAServerSaysSo) {
  Retrier retrier = Begin(HedgingConfig());

  const Retrier::Step step =
      retrier.AfterFailure({WithPushback(kDown, absl::Seconds(-1)), false, false, 1}, kNow);

  EXPECT_EQ(step.kind, Kind::kWaitForOthers);
  EXPECT_EQ(retrier.NextHedge(kNow), absl::InfiniteFuture());
}

TEST_F(RetrierTest, HedgesLaterIfAServerAskedForTime) {
  Retrier retrier = Begin(HedgingConfig());

  const Retrier::Step step =
      retrier.AfterFailure({WithPushback(kDown, absl::Seconds(1)), false, false, 1}, kNow);

  EXPECT_EQ(step.at, kNow + absl::Seconds(1));
  EXPECT_EQ(retrier.NextHedge(kNow), kNow + absl::Seconds(1));
}

TEST_F(RetrierTest, FatalFailureEndsTheCallThoughOthersRun) {
  Retrier retrier = Begin(HedgingConfig());

  ExpectEnd(retrier.AfterFailure({absl::NotFoundError(""), false, false, 1}, kNow),
            CallEnd::kNotRetryable);
}

TEST_F(RetrierTest, LastNonFatalFailureWaitsForTheOthers) {
  UseBudget(0);
  Retrier retrier = Begin(HedgingConfig());

  EXPECT_EQ(retrier.AfterFailure({kDown, false, false, 1}, kNow).kind, Kind::kWaitForOthers);
  ExpectEnd(retrier.AfterFailure({kDown}, kNow), CallEnd::kBudgetExhausted);
}

}  // namespace
}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// From picks and reports to the ejection of an endpoint that is slow, and to its return.

#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/balancer_fixture.h"

namespace nines {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr absl::Duration kUsual = absl::Milliseconds(5);

class BalancerSlownessTest : public BalancerFixture {
 protected:
  // Calls as they come at 600 a second for so long, those to "b" as slow as said; how many went
  // where. The latencies are told only: a call ends as it begins.
  std::map<std::string, int> CallFor(absl::Duration time, absl::Duration latency_of_b) {
    std::map<std::string, int> calls;
    for (absl::Duration at = absl::ZeroDuration(); at < time; at += absl::Milliseconds(5)) {
      for (int i = 0; i < 3; ++i) {
        Lease lease = Hold();
        const bool is_b = lease.endpoint().address == "b";
        ++calls[lease.endpoint().address];
        lease.Report(MakeOutcome(absl::OkStatus(), is_b ? latency_of_b : kUsual));
      }
      loop_->Advance(absl::Milliseconds(5));
    }
    return calls;
  }
};

TEST_F(BalancerSlownessTest, EndpointTenTimesAsSlowIsOutWithinASecondAndAHalf) {
  StartNamed({"a", "b", "c"});
  CallFor(absl::Seconds(3), kUsual);

  CallFor(absl::Milliseconds(1500), 10 * kUsual);

  EXPECT_EQ(StatusOf("b").state, HealthState::kEjected);
  EXPECT_THAT(StatusOf("b").reason, StartsWith("slow: answers after "));
  EXPECT_THAT(StatusOf("b").reason, HasSubstr("where its peers take 5ms; for 5s"));
  EXPECT_EQ(StatusOf("a").state, HealthState::kHealthy);
}

TEST_F(BalancerSlownessTest, ItHasOneCallOfAHundredAtMostWhileItIsSlow) {
  StartNamed({"a", "b", "c"});
  CallFor(absl::Seconds(3), kUsual);
  CallFor(absl::Milliseconds(1500), 10 * kUsual);

  const std::map<std::string, int> calls = CallFor(absl::Seconds(60), 10 * kUsual);

  EXPECT_GT(calls.count("b"), 0u) << "it is tried";
  EXPECT_LE(calls.at("b"), 4) << "of 36000: after 5, 15, 30 and 50 s";
  EXPECT_THAT(StatusOf("b").reason,
              HasSubstr("its trial call was slow: answers after 50ms where its peers take 5ms"));
}

TEST_F(BalancerSlownessTest, ItIsBackWithItsFirstQuickCall) {
  StartNamed({"a", "b", "c"});
  CallFor(absl::Seconds(3), kUsual);
  CallFor(absl::Milliseconds(1500), 10 * kUsual);

  CallFor(absl::Seconds(10), kUsual);

  EXPECT_EQ(StatusOf("b").state, HealthState::kHealthy);
}

// It was ejected for its errors: its first call may take long, as the first one does.
TEST_F(BalancerSlownessTest, TrialOfAnEndpointThatWasNotSlowIsNotTimed) {
  StartNamed({"a", "b", "c"});
  CallFor(absl::Seconds(3), kUsual);
  for (int i = 0; i < 15; ++i) {
    Lease lease = Hold();
    const bool is_b = lease.endpoint().address == "b";
    lease.Report(MakeOutcome(is_b ? absl::UnavailableError("down") : absl::OkStatus(), kUsual));
  }
  ASSERT_EQ(StatusOf("b").state, HealthState::kEjected);
  loop_->Advance(absl::Seconds(6));

  CallFor(absl::Milliseconds(15), 10 * kUsual);

  EXPECT_EQ(StatusOf("b").state, HealthState::kHealthy);
}

TEST_F(BalancerSlownessTest, EnforcementOfZeroIsADryRun) {
  config_.outlier_detection.latency.enforcement_percentage = 0;
  StartNamed({"a", "b", "c"});
  CallFor(absl::Seconds(3), kUsual);

  CallFor(absl::Milliseconds(1500), 10 * kUsual);

  EXPECT_EQ(StatusOf("b").state, HealthState::kHealthy);
  int told = 0;
  for (const Event& event : recorder_->events) {
    told +=
        static_cast<int>(event.kind == Event::Kind::kEjectionNotEnforced && event.address == "b");
  }
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace nines

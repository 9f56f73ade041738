// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// From picks and reports to the ejection of an endpoint that has stopped answering.

#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/balancer_fixture.h"

namespace nines {
namespace {

using ::testing::HasSubstr;

class BalancerStallTest : public BalancerFixture {
 protected:
  // Calls as they come at 1,000 a second for so long: those to `hung` are held, the others end
  // well.
  void CallFor(absl::Duration time, const std::string& hung) {
    for (absl::Duration at = absl::ZeroDuration(); at < time; at += absl::Milliseconds(1)) {
      Lease lease = Hold();
      if (lease.endpoint().address == hung) {
        held_.push_back(std::move(lease));
      } else {
        lease.Report(MakeOutcome(absl::OkStatus(), absl::Milliseconds(1)));
      }
      loop_->Advance(absl::Milliseconds(1));
    }
  }

  std::vector<Lease> held_;
};

TEST_F(BalancerStallTest, AHungEndpointIsOutWithinAHundredMilliseconds) {
  StartNamed({"a", "b", "c"});
  CallFor(absl::Seconds(2), "");

  CallFor(absl::Milliseconds(100), "b");

  EXPECT_EQ(StatusOf("b").state, HealthState::kEjected);
  EXPECT_THAT(StatusOf("b").reason, HasSubstr("calls are outstanding and none has ended for"));
  EXPECT_EQ(StatusOf("a").state, HealthState::kHealthy);
  EXPECT_LE(held_.size(), 34u);  // a third of the calls of 100 ms
}

TEST_F(BalancerStallTest, ItIsOnTrialAsSoonAsItAnswersAgain) {
  StartNamed({"a", "b", "c"});
  CallFor(absl::Seconds(2), "");
  CallFor(absl::Milliseconds(200), "b");

  for (Lease& lease : held_) lease.Report(MakeOutcome(absl::OkStatus(), absl::Milliseconds(150)));
  loop_->Advance(absl::Milliseconds(25));

  EXPECT_EQ(StatusOf("b").state, HealthState::kDegraded);
  CallFor(absl::Milliseconds(10), "");
  EXPECT_EQ(StatusOf("b").state, HealthState::kHealthy);
}

TEST_F(BalancerStallTest, TimeoutsOfItsCallsAreNoAnswers) {
  StartNamed({"a", "b", "c"});
  CallFor(absl::Seconds(2), "");
  CallFor(absl::Milliseconds(200), "b");

  for (Lease& lease : held_) lease.Report(MakeOutcome(absl::DeadlineExceededError("no answer")));
  loop_->Advance(absl::Milliseconds(100));

  EXPECT_EQ(StatusOf("b").state, HealthState::kEjected);
}

TEST_F(BalancerStallTest, ItCanBeSwitchedOff) {
  config_.outlier_detection.stall.factor = 0;
  StartNamed({"a", "b", "c"});
  CallFor(absl::Seconds(2), "");

  CallFor(absl::Milliseconds(500), "b");

  EXPECT_EQ(StatusOf("b").state, HealthState::kHealthy);
}

}  // namespace
}  // namespace nines

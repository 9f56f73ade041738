// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// From picks and reports to the guards: failures that many endpoints have at once.

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/balancer_fixture.h"

namespace nines {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Pair;

class BalancerGuardsTest : public BalancerFixture {
 protected:
  // Calls as they come at 1,000 a second for so long; those to `bad` fail at once.
  void CallFor(absl::Duration time, const std::set<std::string>& bad) {
    for (absl::Duration at = absl::ZeroDuration(); at < time; at += absl::Milliseconds(1)) {
      Lease lease = Hold();
      const std::string address = lease.endpoint().address;
      const bool fails = bad.count(address) != 0;
      if (fails) ++failed_[address];
      lease.Report(MakeOutcome(fails ? absl::UnavailableError("no route") : absl::OkStatus(),
                               absl::Microseconds(500)));
      loop_->Advance(absl::Milliseconds(1));
    }
  }

  // So many leases of each endpoint.
  std::map<std::string, std::vector<Lease>> HoldOfEach(int count, size_t endpoints) {
    std::map<std::string, std::vector<Lease>> leases;
    for (size_t i = 0; i < count * endpoints; ++i) {
      Lease lease = Hold();
      const std::string address = lease.endpoint().address;
      leases[address].push_back(std::move(lease));
    }
    return leases;
  }

  static void ReportAll(std::vector<Lease>& leases, const Outcome& outcome) {
    for (Lease& lease : leases) lease.Report(outcome);
  }

  std::vector<std::string> InState(HealthState state) {
    std::vector<std::string> addresses;
    for (const EndpointStatus& status : balancer_->Endpoints()) {
      if (status.state == state) addresses.push_back(status.endpoint.address);
    }
    return addresses;
  }

  // The events that are the target's, and not one endpoint's.
  std::vector<std::string> EventsOfTarget() const {
    std::vector<std::string> names;
    for (const Event& event : recorder_->events) {
      if (event.kind == Event::Kind::kResolved) continue;
      if (event.address.empty()) names.emplace_back(EventKindName(event.kind));
    }
    return names;
  }

  std::map<std::string, int> failed_;  // calls
  const std::set<std::string> all_ = {"a", "b", "c", "d", "e"};
};

TEST_F(BalancerGuardsTest, NobodyIsEjectedWhileAllFailAtOnce) {
  StartNamed({"a", "b", "c", "d", "e"});
  CallFor(absl::Seconds(2), {});

  CallFor(absl::Seconds(1), all_);

  EXPECT_THAT(InState(HealthState::kHealthy), testing::SizeIs(5));
  EXPECT_THAT(EventsOfTarget(), ElementsAre("correlated_failures"));
  EXPECT_THAT(recorder_->events.back().reason, HasSubstr("endpoints in rotation fail at once"));
}

TEST_F(BalancerGuardsTest, TheFreezeEndsWhenSomebodyAnswers) {
  StartNamed({"a", "b", "c", "d", "e"});
  CallFor(absl::Seconds(2), {});
  CallFor(absl::Seconds(1), all_);

  CallFor(absl::Seconds(2), {});

  EXPECT_THAT(InState(HealthState::kHealthy), testing::SizeIs(5));
  EXPECT_THAT(EventsOfTarget(), ElementsAre("correlated_failures", "correlated_failures_ended"));
}

TEST_F(BalancerGuardsTest, ThreeOfFiveThatFailAreNoReasonToWait) {
  StartNamed({"a", "b", "c", "d", "e"});
  CallFor(absl::Seconds(2), {});

  CallFor(absl::Milliseconds(100), {"a", "b", "c"});

  EXPECT_THAT(InState(HealthState::kEjected), ElementsAre("a", "b"));
  EXPECT_EQ(failed_["a"], 5);
  EXPECT_EQ(failed_["b"], 5);
  EXPECT_THAT(EventsOfTarget(), IsEmpty());
}

TEST_F(BalancerGuardsTest, OneGoodEndpointOfFiveShowsThatTheOthersAreToBlame) {
  StartNamed({"a", "b", "c", "d", "e"});
  CallFor(absl::Seconds(2), {});

  CallFor(absl::Milliseconds(200), {"a", "b", "c", "d"});

  // Two, which is the cap; each for the first failure after e's next answer was seen.
  EXPECT_THAT(InState(HealthState::kEjected), testing::SizeIs(2));
  for (const std::string& address : InState(HealthState::kEjected)) {
    EXPECT_LE(failed_[address], 5 + 3) << address;
    EXPECT_THAT(StatusOf(address).reason, HasSubstr("fails on when others answer"));
  }
  EXPECT_THAT(EventsOfTarget(), ElementsAre("correlated_failures", "correlated_failures_ended"));
}

TEST_F(BalancerGuardsTest, WhoAnsweredMeanwhileIsNoLongerSuspected) {
  StartNamed({"a", "b", "c", "d", "e"});
  CallFor(absl::Seconds(2), {});
  CallFor(absl::Milliseconds(200), all_);
  CallFor(absl::Milliseconds(100), {});

  CallFor(absl::Milliseconds(10), {"a"});

  EXPECT_THAT(InState(HealthState::kEjected), IsEmpty());
  CallFor(absl::Milliseconds(15), {"a"});
  EXPECT_THAT(InState(HealthState::kEjected), ElementsAre("a"));
}

TEST_F(BalancerGuardsTest, EjectionsJustBeforeTheFreezeAreUndone) {
  StartNamed({"a", "b", "c", "d", "e"});
  CallFor(absl::Seconds(2), {});
  auto leases = HoldOfEach(5, 5);
  const Outcome lost = MakeOutcome(absl::UnavailableError("no route"));

  ReportAll(leases["a"], lost);
  ReportAll(leases["b"], lost);
  ASSERT_THAT(InState(HealthState::kEjected), ElementsAre("a", "b"));
  ReportAll(leases["c"], lost);
  ReportAll(leases["d"], lost);

  EXPECT_THAT(InState(HealthState::kEjected), IsEmpty());
  EXPECT_THAT(StatusOf("a").reason, HasSubstr("shortly before nearly all others failed"));
}

TEST_F(BalancerGuardsTest, AnOlderEjectionStands) {
  StartNamed({"a", "b", "c", "d", "e"});
  CallFor(absl::Seconds(2), {});
  CallFor(absl::Milliseconds(100), {"a"});
  ASSERT_THAT(InState(HealthState::kEjected), ElementsAre("a"));
  CallFor(absl::Seconds(1), {});

  CallFor(absl::Milliseconds(200), all_);

  EXPECT_THAT(InState(HealthState::kEjected), ElementsAre("a"));
  EXPECT_THAT(EventsOfTarget(), ElementsAre("correlated_failures"));
}

TEST_F(BalancerGuardsTest, ATrialThatFailsWhenAllFailProvesNothing) {
  config_.outlier_detection.max_ejection_percent = 20;
  StartNamed({"a", "b", "c", "d", "e"});
  CallFor(absl::Seconds(2), {});
  CallFor(absl::Milliseconds(100), {"a"});
  CallFor(absl::Seconds(4.85), {});
  ASSERT_THAT(InState(HealthState::kEjected), ElementsAre("a"));

  CallFor(absl::Milliseconds(500), all_);

  EXPECT_THAT(InState(HealthState::kDegraded), ElementsAre("a"));
  CallFor(absl::Milliseconds(10), {});
  EXPECT_THAT(InState(HealthState::kHealthy), testing::SizeIs(5));
}

TEST_F(BalancerGuardsTest, TheFreezeIsBounded) {
  StartNamed({"a", "b", "c", "d", "e"});
  CallFor(absl::Seconds(2), {});

  CallFor(absl::Seconds(4.9), all_);
  EXPECT_THAT(InState(HealthState::kEjected), IsEmpty());
  CallFor(absl::Seconds(0.3), all_);

  EXPECT_THAT(InState(HealthState::kEjected), testing::SizeIs(2));
  EXPECT_THAT(EventsOfTarget(), ElementsAre("correlated_failures", "correlated_failures_ended"));
  CallFor(absl::Seconds(20), all_);
  EXPECT_THAT(EventsOfTarget(), testing::SizeIs(2)) << "it does not begin anew";
}

TEST_F(BalancerGuardsTest, FailuresThatOurSideCannotCauseAreTheServers) {
  StartNamed({"a", "b", "c", "d", "e"});
  CallFor(absl::Seconds(2), {});

  for (int i = 0; i < 25; ++i) CallOnce(absl::InternalError("bug"), absl::Milliseconds(1));

  EXPECT_THAT(InState(HealthState::kEjected), testing::SizeIs(2));
  EXPECT_THAT(EventsOfTarget(), IsEmpty());
}

TEST_F(BalancerGuardsTest, AnEndpointThatFailedLongAgoIsNoSuspect) {
  StartNamed({"a", "b"});
  auto leases = HoldOfEach(6, 2);
  leases["b"].back().Report(MakeOutcome(absl::UnavailableError("once")));
  loop_->Advance(absl::Seconds(11));

  ReportAll(leases["a"], MakeOutcome(absl::UnavailableError("no route")));

  EXPECT_THAT(InState(HealthState::kEjected), ElementsAre("a"));
}

TEST_F(BalancerGuardsTest, LostConnectionsAreASign) {
  StartNamed({"a", "b", "c", "d"});
  CallFor(absl::Seconds(2), {});
  auto leases = HoldOfEach(5, 4);
  Disconnect("b");
  Disconnect("c");

  ReportAll(leases["a"], MakeOutcome(absl::UnavailableError("no route")));

  EXPECT_THAT(InState(HealthState::kEjected), IsEmpty());
  EXPECT_THAT(EventsOfTarget(), ElementsAre("correlated_failures"));
}

TEST_F(BalancerGuardsTest, ConnectionsMadeAnewAreNoSign) {
  StartNamed({"a", "b", "c", "d"});
  CallFor(absl::Seconds(2), {});
  auto leases = HoldOfEach(5, 4);
  balancer_->SetConnectivity("b", Connectivity::kConnecting);
  balancer_->SetConnectivity("c", Connectivity::kConnecting);

  ReportAll(leases["a"], MakeOutcome(absl::UnavailableError("no route")));

  EXPECT_THAT(InState(HealthState::kEjected), ElementsAre("a"));
}

// Timeouts of calls that were under way while the machine stood still, five of each endpoint,
// before the loop's own timer has come.
TEST_F(BalancerGuardsTest, APauseOfTheMachineIsHeldAgainstNobody) {
  StartNamed({"a", "b", "c", "d", "e"});
  CallFor(absl::Seconds(2), {});
  auto leases = HoldOfEach(5, 5);

  loop_->StandStill(absl::Milliseconds(200));
  for (auto& [address, held] : leases) {
    ReportAll(held, MakeOutcome(absl::DeadlineExceededError("timeout"), absl::Milliseconds(200)));
    CallOnce();  // a call that began after it
  }
  CallFor(absl::Milliseconds(100), {});

  EXPECT_THAT(InState(HealthState::kHealthy), testing::SizeIs(5));
  EXPECT_THAT(EventsOfTarget(), ElementsAre("process_stood_still"));
}

TEST_F(BalancerGuardsTest, APauseIsRememberedWhenTheLoopsTimerCameFirst) {
  StartNamed({"a", "b", "c", "d", "e"});
  CallFor(absl::Seconds(2), {});
  auto leases = HoldOfEach(5, 5);

  loop_->StandStill(absl::Milliseconds(200));
  loop_->Advance(absl::ZeroDuration());
  for (auto& [address, held] : leases) {
    ReportAll(held, MakeOutcome(absl::DeadlineExceededError("timeout"), absl::Milliseconds(200)));
    CallOnce();
  }

  EXPECT_THAT(InState(HealthState::kHealthy), testing::SizeIs(5));
}

TEST_F(BalancerGuardsTest, ACallThatHadEnoughTimeBesideThePauseCounts) {
  StartNamed({"a", "b", "c", "d", "e"});
  CallFor(absl::Seconds(2), {});
  auto leases = HoldOfEach(5, 5);
  CallFor(absl::Milliseconds(300), {});
  for (const char* address : {"b", "c", "d", "e"}) {
    ReportAll(leases[address], MakeOutcome(absl::OkStatus(), absl::Milliseconds(300)));
  }

  loop_->StandStill(absl::Milliseconds(200));
  ReportAll(leases["a"],
            MakeOutcome(absl::DeadlineExceededError("timeout"), absl::Milliseconds(500)));

  EXPECT_THAT(InState(HealthState::kEjected), ElementsAre("a"));
}

TEST_F(BalancerGuardsTest, AnIntervalOfPauseEjectsNobodyForItsFailures) {
  config_.outlier_detection.consecutive_failures = 0;
  StartNamed({"a", "b", "c", "d", "e"});
  CallFor(absl::Seconds(2), {});
  auto leases = HoldOfEach(20, 5);

  loop_->StandStill(absl::Seconds(3));
  for (auto& [address, held] : leases) {
    ReportAll(held, MakeOutcome(absl::DeadlineExceededError("timeout"), absl::Seconds(3)));
  }
  loop_->Advance(absl::ZeroDuration());

  EXPECT_THAT(InState(HealthState::kHealthy), testing::SizeIs(5));
}

// Issue 4: two endpoints, one bad; then both; then both well again.
TEST_F(BalancerGuardsTest, TwoEndpointsFailAndAreWellAgain) {
  StartNamed({"a", "b"});
  CallFor(absl::Seconds(2), {});

  CallFor(absl::Milliseconds(100), {"a"});
  EXPECT_THAT(InState(HealthState::kEjected), ElementsAre("a"));
  EXPECT_EQ(failed_["a"], 5);
  CallFor(absl::Seconds(2), {"a"});
  failed_.clear();
  CallFor(absl::Seconds(10), {"a", "b"});
  EXPECT_EQ(failed_["a"] + failed_["b"], 10'000) << "calls still flow";

  failed_.clear();
  CallFor(absl::Seconds(30), {});
  EXPECT_THAT(InState(HealthState::kHealthy), ElementsAre("a", "b"));
  EXPECT_THAT(failed_, IsEmpty());
}

class BalancerReturnTest : public BalancerGuardsTest {
 protected:
  void SetUp() override {
    config_.outlier_detection.max_ejection_percent = 100;
    for (const Endpoint& endpoint : EndpointsNumbered(20)) endpoints_.insert(endpoint.address);
    Start(EndpointsNumbered(20));
    CallFor(absl::Seconds(2), {});
    CallFor(absl::Seconds(5.5), endpoints_);  // the freeze of five seconds, and after
    ASSERT_THAT(InState(HealthState::kEjected), testing::SizeIs(19));
  }

  std::set<std::string> endpoints_;
};

TEST_F(BalancerReturnTest, AServiceThatIsBackReturnsInGrowingSteps) {
  std::vector<size_t> ejected = {19};
  failed_.clear();

  while (ejected.back() > 0) {
    CallFor(absl::Milliseconds(1), {});
    const size_t now = InState(HealthState::kEjected).size();
    if (now != ejected.back()) ejected.push_back(now);
  }

  // Four in the first step, as their times are over, then eight and the rest.
  EXPECT_THAT(ejected, ElementsAre(19, 18, 17, 16, 15, 7, 0));
  CallFor(absl::Seconds(1), {});
  EXPECT_THAT(InState(HealthState::kHealthy), testing::SizeIs(20));
  EXPECT_THAT(failed_, IsEmpty());
}

TEST_F(BalancerReturnTest, OfAServiceThatStaysDownFewAreTriedAtOnce) {
  const size_t before = recorder_->lines.size();

  CallFor(absl::Seconds(4.9), endpoints_);

  std::map<int64_t, int> trials;  // by tenth of a second
  for (size_t i = before; i < recorder_->events.size(); ++i) {
    const Event& event = recorder_->events[i];
    if (event.to == HealthState::kDegraded) ++trials[absl::ToUnixMillis(event.time) / 100];
  }
  EXPECT_GE(trials.size(), 4u);
  EXPECT_THAT(trials, Each(Pair(testing::_, Le(8)))) << "a step may begin and end within one";
}

}  // namespace
}  // namespace nines

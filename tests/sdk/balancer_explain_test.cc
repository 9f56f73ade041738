// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "support/balancer_fixture.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Status kDown = absl::UnavailableError("down");

// Calls want a, then b, then c, …: the random source stands at 0.
class BalancerExplainTest : public BalancerFixture {
 protected:
  void SetUp() override { policy_.seed_source = Policy::SeedSource::kHashKey; }

  // The order as "a takes", …, rotated so that it begins at "a".
  std::vector<std::string> Explain() {
    std::vector<std::string> lines;
    for (const CandidateVerdict& verdict : balancer_->Explain(call_)) {
      lines.push_back(absl::StrCat(verdict.endpoint.address, " ",
                                   std::string(CandidateVerdictName(verdict.kind))));
    }
    return lines;
  }
  // A key whose call wants "a" first. REQUIRES: everybody is usable.
  void FindKeyOfA() {
    for (int i = 0;; ++i) {
      key_ = absl::StrCat("key", i);
      call_.hash_key = key_;
      if (Explain()[0] == "a takes") return;
    }
  }
  void StartWith(EndpointList endpoints) {
    config_.algorithm = hash_;
    Start(endpoints);
    FindKeyOfA();
  }

  HashConfig hash_;
  std::string key_;
  Call call_;
};

TEST_F(BalancerExplainTest, PassesOverWhatForgottenAttemptsHad) {
  StartWith(EndpointsNamed({"a", "b", "c"}));
  call_.forgotten_attempts = 1;

  EXPECT_THAT(Explain(), ElementsAre("a tried", "b takes", "c standby"));
}

TEST_F(BalancerExplainTest, SaysNothingOfNobody) {
  config_.algorithm = hash_;
  Start(EndpointList());

  EXPECT_THAT(Explain(), IsEmpty());
}

TEST_F(BalancerExplainTest, GivesTheOrderAndWhoTakesTheCall) {
  StartWith(EndpointsNamed({"a", "b", "c"}));

  EXPECT_THAT(Explain(), ElementsAre("a takes", "b standby", "c standby"));
}

TEST_F(BalancerExplainTest, AgreesWithThePick) {
  StartWith(EndpointsNamed({"a", "b", "c"}));
  Disconnect("a");

  EXPECT_THAT(Explain(), ElementsAre("a not_connected", "b takes", "c standby"));
  EXPECT_EQ(Hold(call_).endpoint().address, "b");
}

TEST_F(BalancerExplainTest, ChangesNothing) {
  StartWith(EndpointsNamed({"a", "b", "c"}));
  for (int i = 0; i < 5; ++i) Hold(call_).Report(MakeOutcome(kDown));
  EXPECT_THAT(Explain(), ElementsAre("a ejected", "b takes", "c standby"));
  loop_->Advance(absl::Seconds(5));

  EXPECT_THAT(Explain(), ElementsAre("a takes", "b standby", "c standby"));
  EXPECT_THAT(Explain(), ElementsAre("a takes", "b standby", "c standby")) << "no trial is taken";
  EXPECT_EQ(StatusOf("a").in_flight, 0u);
  const Lease trial = Hold(call_);
  EXPECT_THAT(Explain(), ElementsAre("a on_trial", "b takes", "c standby"));
}

TEST_F(BalancerExplainTest, TakesNoTurn) {
  policy_.seed_source = Policy::SeedSource::kSequence;
  StartNamed({"a", "b", "c"});
  Hold();

  const std::string said = balancer_->Explain({})[0].endpoint.address;
  EXPECT_EQ(balancer_->Explain({})[0].endpoint.address, said);

  EXPECT_EQ(Hold().endpoint().address, said);
}

TEST_F(BalancerExplainTest, NamesTheLimits) {
  config_.max_in_flight_per_endpoint = 1;
  StartWith(EndpointsNamed({"a", "b", "c"}));
  const Lease lease = Hold(call_);

  EXPECT_THAT(Explain(), ElementsAre("a at_limit", "b takes", "c standby"));
  EXPECT_THAT(balancer_->Explain(call_)[0].reason, HasSubstr("1 in flight"));
}

TEST_F(BalancerExplainTest, NamesBoundedLoad) {
  hash_.bounded_load = 1.0;
  StartWith(EndpointsNamed({"a", "b", "c"}));
  const Lease lease = Hold(call_);

  EXPECT_THAT(Explain(), ElementsAre("a over_bound", "b takes", "c standby"));
}

TEST_F(BalancerExplainTest, NamesSlowStart) {
  config_.slow_start.emplace();
  config_.slow_start->min_weight_percent = 0;
  StartWith(EndpointsNamed({"a", "b"}));
  Disconnect("a");
  Connect("a");

  EXPECT_THAT(Explain(), ElementsAre("a partial_share", "b takes"));
  EXPECT_EQ(balancer_->Explain(call_)[0].reason,
            "takes 0 % of its calls for now, and not this one");
}

TEST_F(BalancerExplainTest, NamesTheTierThatIsNotReached) {
  EndpointList endpoints = EndpointsNamed({"a", "x"});
  endpoints[1].tier = 1;
  StartWith(endpoints);

  EXPECT_THAT(Explain(), ElementsAre("a takes", "x other_tier"));
  EXPECT_EQ(balancer_->Explain(call_)[1].endpoint.tier, 1u);
}

TEST_F(BalancerExplainTest, ShowsTheLessLoadedOfTheChoices) {
  policy_.choices = 2;
  StartWith(EndpointsNamed({"a", "b", "c"}));
  const Lease lease = Hold(call_);

  EXPECT_THAT(Explain(), ElementsAre("a standby", "b takes", "c standby"));
}

TEST_F(BalancerExplainTest, SaysWhenHealthIsOverridden) {
  StartWith(EndpointsNamed({"a", "b", "c"}));
  for (int i = 0; i < 5; ++i) Hold(call_).Report(MakeOutcome(kDown));
  balancer_->SetConnectivity("b", Connectivity::kConnecting);
  balancer_->SetConnectivity("c", Connectivity::kConnecting);

  EXPECT_THAT(Explain(), ElementsAre("a health_ignored", "b not_connected", "c not_connected"));
}

TEST_F(BalancerExplainTest, SaysWhenPanicFailsCalls) {
  config_.panic.mode = PanicConfig::Mode::kFail;
  StartWith(EndpointsNamed({"a", "b", "c"}));
  Disconnect("b");
  Disconnect("c");

  EXPECT_THAT(Explain(), ElementsAre("a calls_fail", "b not_connected", "c not_connected"));
}

}  // namespace
}  // namespace nines

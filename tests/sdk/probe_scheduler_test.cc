// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/probe_scheduler.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fakes.h"
#include "support/manual_event_loop.h"

namespace nines {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using ::testing::UnorderedElementsAreArray;

class ProbeSchedulerTest : public ::testing::Test {
 protected:
  std::unique_ptr<ProbeScheduler> Make() {
    ProbeScheduler::Hooks hooks;
    hooks.on_result = [this](const std::string& address, absl::Time began, const absl::Status&) {
      results_.push_back(address);
      began_ = began;
    };
    hooks.calls_seen = [this](const std::string&) { return calls_; };
    return std::make_unique<ProbeScheduler>(loop_, random_, prober_, config_, std::move(hooks));
  }

  // Lets so many intervals pass, without jitter, during each of which calls do as `call` says and
  // every probe gets `result`. How many probes there were.
  template <typename Calls>
  size_t ProbesIn(int intervals, const Calls& call, const absl::Status& result) {
    const size_t before = prober_->probes.size();
    const int steps = 100;
    for (int i = 0; i < intervals * steps; ++i) {
      call();
      const size_t started = prober_->probes.size();
      loop_.Advance(config_.interval / steps);
      if (prober_->probes.size() > started) prober_->Finish(result);
    }
    return prober_->probes.size() - before;
  }

  struct Beats {
    size_t probes = 0;
    size_t moments = 0;  // at which any began
    size_t most_at_once = 0;
  };

  // What begins meanwhile; each probe succeeds at once.
  Beats BeatsOfAllIn(absl::Duration time) {
    Beats beats;
    for (int i = 0; i < absl::ToInt64Milliseconds(time); ++i) {
      const size_t before = prober_->probes.size();
      loop_.Advance(absl::Milliseconds(1));
      for (size_t j = before; j < prober_->probes.size(); ++j) {
        prober_->probes[j]->done(absl::OkStatus());
      }
      const size_t begun = prober_->probes.size() - before;
      beats.probes += begun;
      beats.moments += begun != 0 ? 1 : 0;
      beats.most_at_once = std::max(beats.most_at_once, begun);
    }
    return beats;
  }

  HealthCheckConfig config_;
  ManualEventLoop loop_;
  FixedRandom random_;
  std::shared_ptr<ManualProber> prober_ = std::make_shared<ManualProber>();
  std::vector<std::string> results_;
  CallsSeen calls_;   // of every endpoint
  absl::Time began_;  // when the last probe that ended did
};

TEST_F(ProbeSchedulerTest, SpreadsTheFirstProbesOverOneInterval) {
  const auto scheduler = Make();
  std::vector<std::string> addresses;
  for (int i = 0; i < 100; ++i) addresses.push_back(absl::StrCat("e", i));

  scheduler->SetAddresses(addresses);
  loop_.Advance(config_.interval / 2);
  const size_t in_first_half = prober_->probes.size();
  loop_.Advance(config_.interval / 2);

  // 100 fair coins: outside of this with probability 1e-6.
  EXPECT_GT(in_first_half, 25u);
  EXPECT_LT(in_first_half, 75u);
  EXPECT_GE(prober_->probes.size(), 100u);
}

TEST_F(ProbeSchedulerTest, ProbesAgainAnIntervalLaterGiveOrTakeTheJitter) {
  const auto scheduler = Make();
  scheduler->SetAddresses({"a"});
  absl::Time previous = absl::InfinitePast();
  for (int i = 0; i < 200; ++i) {
    const size_t before = prober_->probes.size();
    while (prober_->probes.size() == before) loop_.Advance(absl::Milliseconds(1));
    prober_->Finish(absl::OkStatus());
    const absl::Duration gap = loop_.clock().Now() - previous;
    previous = loop_.clock().Now();
    if (i == 0) continue;
    // A tick of 100 ms: each end of the gap may be off by half of one.
    ASSERT_GE(gap, config_.interval * 0.8 - absl::Milliseconds(100));
    ASSERT_LE(gap, config_.interval * 1.2 + absl::Milliseconds(100));
  }
}

TEST_F(ProbeSchedulerTest, KeepsTheIntervalOnAverage) {
  config_.interval = absl::Milliseconds(1990);  // on no tick: all rounded up, it would be 2 s
  config_.jitter_percent = 0;
  const auto scheduler = Make();
  std::vector<std::string> addresses;
  for (int i = 0; i < 100; ++i) addresses.push_back(absl::StrCat("e", i));
  scheduler->SetAddresses(addresses);
  BeatsOfAllIn(config_.interval);

  const size_t probes = BeatsOfAllIn(config_.interval * 100).probes;

  EXPECT_GE(probes, 9'900u);
  EXPECT_LE(probes, 10'100u);
}

TEST_F(ProbeSchedulerTest, ManyEndpointsShareTheMomentsOfTheirBeats) {
  const auto scheduler = Make();
  std::vector<std::string> addresses;
  for (int i = 0; i < 1'000; ++i) addresses.push_back(absl::StrCat("e", i));
  scheduler->SetAddresses(addresses);

  const Beats beats = BeatsOfAllIn(config_.interval);

  EXPECT_GT(beats.moments, 10u);
  EXPECT_LE(beats.moments, static_cast<size_t>(config_.interval / absl::Milliseconds(100)) + 1);
}

TEST_F(ProbeSchedulerTest, NotMoreShareAMomentThanHalfOfTheBudget) {
  const auto scheduler = Make();
  std::vector<std::string> addresses;
  for (int i = 0; i < 10'000; ++i) addresses.push_back(absl::StrCat("e", i));
  scheduler->SetAddresses(addresses);

  const Beats beats = BeatsOfAllIn(config_.interval * 0.8);  // nobody has a second beat yet

  EXPECT_GT(beats.moments, 100u);
  // 50 fall on one on average, with a standard deviation of 7.
  EXPECT_LE(beats.most_at_once, 50u + 6 * 7);
}

TEST_F(ProbeSchedulerTest, SchedulersDoNotAllProbeAtTheSameMoments) {
  std::set<absl::Duration> phases;
  for (int i = 0; i < 20; ++i) {
    const auto scheduler = Make();
    const size_t before = prober_->probes.size();
    scheduler->SetAddresses({"a"});
    while (prober_->probes.size() == before) loop_.Advance(absl::Milliseconds(1));
    phases.insert((loop_.clock().Now() - absl::UnixEpoch()) % absl::Milliseconds(100));
  }

  // Of ten; fewer than five with probability 1e-6.
  EXPECT_GE(phases.size(), 5u);
}

TEST_F(ProbeSchedulerTest, ForgetsAllAtItsEnd) {
  auto scheduler = Make();
  scheduler->SetAddresses({"a", "b"});
  loop_.Advance(config_.interval);

  scheduler.reset();

  EXPECT_THAT(prober_->forgotten, UnorderedElementsAre("a", "b"));
}

TEST_F(ProbeSchedulerTest, RunsOneProbePerAddressAtATime) {
  const auto scheduler = Make();
  scheduler->SetAddresses({"a"});

  loop_.Advance(config_.interval * 10);

  EXPECT_EQ(prober_->probes.size(), 1u);
}

TEST_F(ProbeSchedulerTest, SaysWhenAProbeBegan) {
  const auto scheduler = Make();
  scheduler->SetAddresses({"a"});
  while (prober_->probes.empty()) loop_.Advance(absl::Milliseconds(1));
  const absl::Time began = loop_.clock().Now();

  loop_.Advance(absl::Milliseconds(300));
  prober_->Finish(absl::OkStatus());

  EXPECT_LE(began_, began);
  EXPECT_GT(began_, began - absl::Milliseconds(1));
}

TEST_F(ProbeSchedulerTest, ReportsEachResult) {
  const auto scheduler = Make();
  scheduler->SetAddresses({"a"});
  loop_.Advance(config_.interval);

  prober_->Finish(absl::UnavailableError("refused"));

  EXPECT_THAT(results_, ElementsAre("a"));
}

TEST_F(ProbeSchedulerTest, CancelsProbesOfAddressesThatGo) {
  const auto scheduler = Make();
  scheduler->SetAddresses({"a"});
  loop_.Advance(config_.interval);

  scheduler->SetAddresses({"b"});

  EXPECT_TRUE(prober_->probes[0]->is_cancelled);
}

TEST_F(ProbeSchedulerTest, KeepsTheRhythmOfAddressesThatStay) {
  const auto scheduler = Make();
  scheduler->SetAddresses({"a"});
  loop_.Advance(config_.interval);
  ASSERT_EQ(prober_->probes.size(), 1u);

  scheduler->SetAddresses({"a", "b"});

  EXPECT_FALSE(prober_->probes[0]->is_cancelled);
}

TEST_F(ProbeSchedulerTest, TellsTheProberWhichAddressesHaveGone) {
  const auto scheduler = Make();
  scheduler->SetAddresses({"a", "b", "c"});

  scheduler->SetAddresses({"b", "d"});

  EXPECT_THAT(prober_->forgotten, UnorderedElementsAre("a", "c"));
}

// As many endpoints as there may be probes under way, and some, none of which answers.
class ManyProbesTest : public ProbeSchedulerTest {
 protected:
  static constexpr size_t kLimit = ProbeBudget::kDefaultLimit;

  void SetUp() override {
    for (size_t i = 0; i < kLimit + 3; ++i) addresses_.push_back(absl::StrCat("e", i));
    scheduler_->SetAddresses(addresses_);
    loop_.Advance(config_.interval);
  }

  // Of those that have been started, which ones come after the first `count`.
  std::vector<std::string> StartedAfter(size_t count) const {
    std::vector<std::string> addresses;
    for (size_t i = count; i < prober_->probes.size(); ++i) {
      addresses.push_back(prober_->probes[i]->address);
    }
    return addresses;
  }

  std::unique_ptr<ProbeScheduler> scheduler_ = Make();
  std::vector<std::string> addresses_;
};

TEST_F(ManyProbesTest, AreNotUnderWayAllAtOnce) {
  EXPECT_EQ(prober_->probes.size(), kLimit);

  loop_.Advance(config_.interval * 10);

  EXPECT_EQ(prober_->probes.size(), kLimit);
}

TEST_F(ManyProbesTest, WaitForTheirTurnOnce) {
  loop_.Advance(config_.interval * 10);
  std::set<std::string> left(addresses_.begin(), addresses_.end());
  for (const auto& probe : prober_->probes) left.erase(probe->address);

  for (size_t i = 0; i < 3; ++i) prober_->probes[i]->done(absl::OkStatus());

  EXPECT_THAT(StartedAfter(kLimit), UnorderedElementsAreArray(left));
  EXPECT_EQ(results_.size(), 3u);
}

TEST_F(ManyProbesTest, TakeThePlaceOfAddressesThatGo) {
  const std::string gone = prober_->probes[0]->address;
  addresses_.erase(std::find(addresses_.begin(), addresses_.end(), gone));

  scheduler_->SetAddresses(addresses_);

  EXPECT_EQ(prober_->probes.size(), kLimit + 1);
}

TEST_F(ManyProbesTest, AreNotStartedForAddressesThatWentWhileTheyWaited) {
  std::vector<std::string> started;
  for (const auto& probe : prober_->probes) started.push_back(probe->address);
  scheduler_->SetAddresses(started);

  for (size_t i = 0; i < kLimit; ++i) prober_->probes[i]->done(absl::OkStatus());

  EXPECT_EQ(prober_->probes.size(), kLimit);
}

// A hundred channels with endpoints that hang must not open a hundred times as many connections.
TEST_F(ManyProbesTest, ShareTheirLimitWithAllOthersOnTheLoop) {
  const auto other = Make();
  other->SetAddresses({"x", "y"});

  loop_.Advance(config_.interval * 2);

  EXPECT_EQ(prober_->probes.size(), kLimit);
}

TEST_F(ManyProbesTest, TakeTurnsWithTheOthersOnTheLoop) {
  const auto other = Make();
  other->SetAddresses({"x", "y"});
  loop_.Advance(config_.interval * 2);

  for (size_t i = 0; i < 4; ++i) prober_->probes[i]->done(absl::OkStatus());

  const std::vector<std::string> started = StartedAfter(kLimit);
  ASSERT_EQ(started.size(), 4u);
  EXPECT_THAT((std::set<std::string>{started[1], started[3]}), UnorderedElementsAre("x", "y"));
}

TEST_F(ManyProbesTest, LeaveTheirPlacesToOthersWhenTheyEnd) {
  const auto other = Make();
  other->SetAddresses({"x", "y"});
  loop_.Advance(config_.interval * 2);

  scheduler_.reset();

  EXPECT_THAT(StartedAfter(kLimit), UnorderedElementsAre("x", "y"));
}

TEST_F(ManyProbesTest, WhoEndsWhileItWaitsGetsNoPlace) {
  auto other = Make();
  other->SetAddresses({"x", "y"});
  loop_.Advance(config_.interval * 2);

  other.reset();
  for (size_t i = 0; i < kLimit; ++i) prober_->probes[i]->done(absl::OkStatus());

  EXPECT_THAT(StartedAfter(kLimit), SizeIs(3));
}

// Suspicion is for those who have the means.
TEST_F(ManyProbesTest, DoNotHurryWhileMostPlacesAreTaken) {
  for (size_t i = 0; i < kLimit / 4; ++i) prober_->probes[i]->done(absl::OkStatus());
  prober_->probes[kLimit - 1]->done(absl::UnavailableError("refused"));
  const std::string suspect = prober_->probes[kLimit - 1]->address;
  const size_t before = prober_->probes.size();

  loop_.Advance(config_.interval / 2);

  EXPECT_THAT(StartedAfter(before), Not(Contains(suspect)));
}

class PaceTest : public ProbeSchedulerTest {
 protected:
  // One endpoint that has answered a first probe and gets calls.
  void SetUp() override {
    config_.jitter_percent = 0;
    scheduler_ = Make();
    calls_.is_in_use = true;
    scheduler_->SetAddresses({"a"});
    ASSERT_EQ(ProbesIn(
                  1, [] {}, absl::OkStatus()),
              1u);
  }

  std::unique_ptr<ProbeScheduler> scheduler_;
};

TEST_F(PaceTest, AnEndpointWithoutCallsIsProbedAtEveryBeat) {
  EXPECT_EQ(ProbesIn(
                40, [] {}, absl::OkStatus()),
            40u);
}

TEST_F(PaceTest, AnEndpointWhoseCallsSucceedIsProbedAtEveryFourthBeat) {
  EXPECT_EQ(ProbesIn(
                40, [this] { ++calls_.answers; }, absl::OkStatus()),
            10u);
}

TEST_F(PaceTest, AnEndpointWhoseCallsNoLongerComeBackIsProbedAtTheNextBeat) {
  ProbesIn(
      40, [this] { ++calls_.answers; }, absl::OkStatus());
  // Those of the interval up to the next beat have come back.
  ASSERT_EQ(ProbesIn(
                1, [] {}, absl::OkStatus()),
            0u);

  EXPECT_EQ(ProbesIn(
                4, [] {}, absl::OkStatus()),
            4u);
}

TEST_F(PaceTest, AFewFailuresAmongTheCallsProveNothing) {
  const auto call = [this] {
    if (++calls_.answers % 50 == 0) ++calls_.failures;
  };

  EXPECT_EQ(ProbesIn(40, call, absl::OkStatus()), 40u);
}

TEST_F(PaceTest, AnEndpointWhoseCallsFailIsProbedFourTimesAsOften) {
  const auto call = [this] {
    ++calls_.failures;
    calls_.is_failing = true;
  };
  ProbesIn(1, call, absl::OkStatus());  // up to the beat that sees it

  EXPECT_EQ(ProbesIn(10, call, absl::OkStatus()), 40u);
}

// What failed long ago, and was never tried again, is no reason to hurry for ever.
TEST_F(PaceTest, AnOldFailureIsNoHurry) {
  ++calls_.failures;
  calls_.is_failing = true;
  ProbesIn(
      2, [] {}, absl::OkStatus());

  EXPECT_EQ(ProbesIn(
                10, [] {}, absl::OkStatus()),
            10u);
}

TEST_F(PaceTest, AnEndpointThatIsOutOfUseIsNotHurried) {
  calls_.is_in_use = false;
  const auto call = [this] {
    ++calls_.failures;
    calls_.is_failing = true;
  };

  EXPECT_EQ(ProbesIn(10, call, absl::OkStatus()), 10u);
}

TEST_F(PaceTest, FailedProbesFollowEachOtherQuicklyUntilTheThreshold) {
  // The one at the beat, and the two more that the threshold asks for.
  EXPECT_EQ(ProbesIn(
                2, [] {}, absl::UnavailableError("refused")),
            4u);
  // Then the verdict is known, and the endpoint is asked at every beat whether it is back.
  EXPECT_EQ(ProbesIn(
                10, [] {}, absl::UnavailableError("refused")),
            10u);
}

TEST_F(PaceTest, AnEndpointThatReturnsIsBelievedWithinTwoIntervals) {
  config_.healthy_threshold = 4;
  config_.jitter_percent = 20;
  scheduler_ = Make();
  scheduler_->SetAddresses({"a"});
  ProbesIn(
      10, [] {}, absl::UnavailableError("refused"));

  EXPECT_GE(ProbesIn(
                2, [] {}, absl::OkStatus()),
            4u);
}

TEST_F(PaceTest, AWantOfOurOwnIsNoHurry) {
  EXPECT_EQ(ProbesIn(
                10, [] {}, absl::ResourceExhaustedError("no descriptor")),
            10u);
}

TEST_F(PaceTest, AnEndpointThatCannotBeAskedIsNoHurry) {
  EXPECT_EQ(ProbesIn(
                10, [] {}, absl::UnimplementedError("no such service")),
            10u);
}

TEST_F(ProbeSchedulerTest, StopsWhenItIsDestroyed) {
  auto scheduler = Make();
  scheduler->SetAddresses({"a"});
  loop_.Advance(config_.interval);

  scheduler.reset();

  EXPECT_TRUE(prober_->probes[0]->is_cancelled);
  EXPECT_EQ(loop_.timer_count(), 0u);
}

}  // namespace
}  // namespace nines

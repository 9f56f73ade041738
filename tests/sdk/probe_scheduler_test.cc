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

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;
using ::testing::UnorderedElementsAreArray;

class ProbeSchedulerTest : public ::testing::Test {
 protected:
  std::unique_ptr<ProbeScheduler> Make() {
    return std::make_unique<ProbeScheduler>(
        loop_, random_, prober_, config_,
        [this](const std::string& address, const absl::Status&) { results_.push_back(address); });
  }

  HealthCheckConfig config_;
  ManualEventLoop loop_;
  FixedRandom random_;
  std::shared_ptr<ManualProber> prober_ = std::make_shared<ManualProber>();
  std::vector<std::string> results_;
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
    ASSERT_GE(gap, config_.interval * 0.8 - absl::Milliseconds(1));
    ASSERT_LE(gap, config_.interval * 1.2 + absl::Milliseconds(1));
  }
}

TEST_F(ProbeSchedulerTest, RunsOneProbePerAddressAtATime) {
  const auto scheduler = Make();
  scheduler->SetAddresses({"a"});

  loop_.Advance(config_.interval * 10);

  EXPECT_EQ(prober_->probes.size(), 1u);
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
  static constexpr size_t kLimit = ProbeScheduler::kMaxUnderWay;

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

  const std::unique_ptr<ProbeScheduler> scheduler_ = Make();
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

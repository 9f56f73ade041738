// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Limits, loads and shares, through the balancer's own door.

#include <map>
#include <optional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/balancer_fixture.h"
#include "sync/read_section.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

const absl::Status kDown = absl::UnavailableError("down");

class BalancerLoadTest : public BalancerFixture {
 protected:
  void Reconfigure() {
    balancer_->Reconfigure(config_, std::make_shared<RotatingPolicy>(policy_), nullptr);
  }
};

TEST_F(BalancerLoadTest, CallsOfOneThreadTakeTurnsExactly) {
  StartNamed({"a", "b", "c"});

  EXPECT_THAT(CallTimes(300), ElementsAre(Pair("a", 100), Pair("b", 100), Pair("c", 100)));
}

TEST_F(BalancerLoadTest, TurnsOfTwoBalancersDoNotDisturbEachOther) {
  StartNamed({"a", "b"});
  const std::shared_ptr<Balancer> first = balancer_;
  StartNamed({"a", "b"});
  std::map<std::string, int> counts;

  for (int i = 0; i < 100; ++i) {
    CallMemory memory;
    ++counts[std::get<Picked>(first->Pick({}, memory)).lease.endpoint().address];
    CallOnce();
  }

  EXPECT_THAT(counts, ElementsAre(Pair("a", 50), Pair("b", 50)));
}

TEST_F(BalancerLoadTest, ThreadsBeginTheirTurnsAtRandom) {
  std::vector<std::string> addresses;
  for (int i = 0; i < 100; ++i) addresses.push_back("e" + std::to_string(i));
  StartNamed(addresses);
  std::map<std::string, int> firsts;

  for (int i = 0; i < 20; ++i) {
    // Each thread has a slot that no other used for this balancer only while all live; so the
    // balancer is made anew instead.
    StartNamed(addresses);
    ++firsts[CallOnce()];
  }

  EXPECT_GT(firsts.size(), 10u);
}

TEST_F(BalancerLoadTest, FailsACallWhenEverybodyIsAtTheLimit) {
  config_.max_in_flight_per_endpoint = 1;
  StartNamed({"a", "b"});
  const Lease first = Hold();
  const Lease second = Hold();

  EXPECT_EQ(CallOnce(), "");
}

TEST_F(BalancerLoadTest, SaysThatEverybodyIsAtTheLimitAndWakesTheCallSoon) {
  config_.max_in_flight_per_endpoint = 1;
  StartNamed({"a"});
  std::optional<Lease> lease = Hold();
  CallMemory memory;

  const PickResult result = balancer_->Pick({}, memory);
  EXPECT_EQ(std::get<Unavailable>(result).status.message(),
            "test:///target: no usable endpoint of 1 (1 healthy, 1 with 1 calls in flight, the "
            "limit)");
  lease.reset();
  loop_->RunPosted();
  EXPECT_EQ(pickable_, 0);
  loop_->Advance(absl::Milliseconds(5));

  EXPECT_EQ(pickable_, 1);
  EXPECT_EQ(CallOnce(), "a");
}

TEST_F(BalancerLoadTest, ARetryAtOnceNeedsSomebodyBelowTheLimit) {
  config_.max_in_flight_per_endpoint = 1;
  StartNamed({"a", "b"});
  CallMemory memory;
  const PickResult mine = balancer_->Pick({}, memory);

  EXPECT_TRUE(balancer_->CanPickUntried(memory));
  const Lease others = Hold();
  EXPECT_FALSE(balancer_->CanPickUntried(memory));
}

TEST_F(BalancerLoadTest, ALimitThatIsNewCountsTheCallsThatAreUnderWay) {
  StartNamed({"a"});
  std::optional<Lease> first = Hold();
  const Lease second = Hold();

  config_.max_in_flight_per_endpoint = 2;
  Reconfigure();
  EXPECT_EQ(CallOnce(), "");
  first.reset();
  EXPECT_EQ(CallOnce(), "a");

  EXPECT_EQ(StatusOf("a").in_flight, 1u);
}

TEST_F(BalancerLoadTest, ALimitThatIsNewCountsThemWhilePicksOfTheOldConfigAreUnderWay) {
  StartNamed({"a"});
  std::optional<Lease> first = Hold();
  const Lease second = Hold();
  config_.max_in_flight_per_endpoint = 2;
  {
    const ReadSection pick;  // keeps the table before
    Reconfigure();
    EXPECT_EQ(CallOnce(), "");
    first.reset();
    EXPECT_EQ(CallOnce(), "a");
  }
  const Lease third = Hold();

  loop_->Advance(absl::Seconds(1));  // the tick moves the count

  EXPECT_EQ(CallOnce(), "");
  EXPECT_EQ(StatusOf("a").in_flight, 2u);
}

TEST_F(BalancerLoadTest, ALimitThatComesAndGoesLosesNoCall) {
  StartNamed({"a"});
  std::vector<Lease> leases;
  for (int turn = 0; turn < 6; ++turn) {
    leases.push_back(Hold());
    leases.push_back(Hold());
    config_.max_in_flight_per_endpoint = turn % 2 == 0 ? 100 : 0;
    Reconfigure();
    leases.erase(leases.begin());
  }

  EXPECT_EQ(StatusOf("a").in_flight, 6u);
  leases.clear();
  EXPECT_EQ(StatusOf("a").in_flight, 0u);
}

TEST_F(BalancerLoadTest, TheLimitIsExactWithManyThreads) {
  constexpr uint32_t kLimit = 10;
  config_.max_in_flight_per_endpoint = kLimit;
  StartNamed({"a"});
  std::vector<std::thread> threads;
  std::atomic<uint32_t> most{0};
  std::atomic<uint32_t> held{0};

  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        std::vector<PickResult> results;
        for (int n = 0; n < 5; ++n) {
          CallMemory memory;
          results.push_back(balancer_->Pick({}, memory));
          if (!std::holds_alternative<Picked>(results.back())) continue;
          const uint32_t now = held.fetch_add(1) + 1;
          uint32_t seen = most.load();
          while (seen < now && !most.compare_exchange_weak(seen, now)) {
          }
        }
        for (PickResult& result : results) {
          if (!std::holds_alternative<Picked>(result)) continue;
          held.fetch_sub(1);  // before the lease ends: never counts one that another thread has
          result = Wait{};
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_LE(most.load(), kLimit);
  EXPECT_EQ(StatusOf("a").in_flight, 0u);
}

TEST_F(BalancerLoadTest, BoundedLoadCountsWhatItMovedAndForgetsLeasesThatEnd) {
  HashConfig hash;
  hash.bounded_load = 1.0;
  config_.algorithm = hash;
  policy_.seed_source = Policy::SeedSource::kHashKey;
  StartNamed({"a", "b"});
  Call call;
  call.hash_key = "k";
  std::map<std::string, int> counts;
  {
    std::vector<Lease> leases;
    for (int i = 0; i < 10; ++i) {
      leases.push_back(Hold(call));
      ++counts[leases.back().endpoint().address];
    }
  }

  EXPECT_THAT(counts, ElementsAre(Pair("a", 5), Pair("b", 5)));
  EXPECT_EQ(balancer_->counters().overflow_picks, 5u);
  // Nothing is in flight now: the bound is that of a first call again.
  const std::string wanted = Hold(call).endpoint().address;
  EXPECT_EQ(Hold(call).endpoint().address, wanted);
  EXPECT_EQ(balancer_->counters().overflow_picks, 5u);
}

TEST_F(BalancerLoadTest, BoundedLoadForgetsLeasesThatEndAfterItIsSwitchedOff) {
  HashConfig hash;
  hash.bounded_load = 1.0;
  config_.algorithm = hash;
  policy_.seed_source = Policy::SeedSource::kHashKey;
  StartNamed({"a", "b"});
  const auto policy = std::make_shared<RotatingPolicy>(policy_);
  Call call;
  call.hash_key = "k";
  {
    std::vector<Lease> counted;
    for (int i = 0; i < 10; ++i) counted.push_back(Hold(call));
    BalancerConfig unbounded = config_;
    unbounded.algorithm = HashConfig{};
    balancer_->Reconfigure(unbounded, policy, nullptr);
  }
  balancer_->Reconfigure(config_, policy, nullptr);
  const Lease first = Hold(call);
  const Lease second = Hold(call);

  EXPECT_NE(first.endpoint().address, second.endpoint().address) << "⌈(1 + 1) / 2⌉ = 1 each";
}

TEST_F(BalancerLoadTest, BoundedLoadGivesTheEjectedOnesShareToTheOthers) {
  HashConfig hash;
  hash.bounded_load = 1.0;
  config_.algorithm = hash;
  policy_.seed_source = Policy::SeedSource::kHashKey;
  StartNamed({"a", "b", "c"});
  Disconnect("c");
  Call call;
  call.hash_key = "k";
  std::map<std::string, int> counts;
  std::vector<Lease> leases;

  for (int i = 0; i < 10; ++i) {
    leases.push_back(Hold(call));
    ++counts[leases.back().endpoint().address];
  }

  EXPECT_THAT(counts, ElementsAre(Pair("a", 5), Pair("b", 5)));
}

TEST_F(BalancerLoadTest, CountsCallsWithoutAKey) {
  config_.algorithm = HashConfig{};
  policy_.seed_source = Policy::SeedSource::kHashKey;
  StartNamed({"a", "b"});
  Call call;
  call.hash_key = "k";

  CallTimes(3);
  Hold(call);

  EXPECT_EQ(balancer_->counters().keyless_picks, 3u);
}

TEST_F(BalancerLoadTest, CountsPicksWhileHealthIsIgnored) {
  config_.outlier_detection.max_ejection_percent = 100;
  StartNamed({"a", "b", "c"});
  CallOnce();
  EXPECT_EQ(balancer_->counters().panic_picks, 0u);

  Disconnect("a");
  Disconnect("b");
  CallTimes(4);

  EXPECT_EQ(balancer_->counters().panic_picks, 4u);
}

TEST_F(BalancerLoadTest, ShowsTheUsualLatency) {
  StartNamed({"a"});

  CallOnce(absl::OkStatus(), absl::Milliseconds(4));

  EXPECT_EQ(StatusOf("a").latency, absl::Milliseconds(4));
}

TEST_F(BalancerLoadTest, AnEndpointThatFailsFastDoesNotAttractCalls) {
  config_.outlier_detection.consecutive_failures = 0;  // no ejection: the load alone
  policy_.choices = 2;
  StartNamed({"a", "b", "c", "d"});
  int calls_at_b = 0;

  for (int i = 0; i < 1000; ++i) {
    CallMemory memory;
    PickResult result = balancer_->Pick({}, memory);
    Lease& lease = std::get<Picked>(result).lease;
    const bool is_b = lease.endpoint().address == "b";
    calls_at_b += is_b ? 1 : 0;
    lease.Report(is_b ? MakeOutcome(kDown, absl::Microseconds(1))
                      : MakeOutcome(absl::OkStatus(), absl::Milliseconds(1)));
  }

  EXPECT_LE(calls_at_b, 2);
}

TEST_F(BalancerLoadTest, AnEndpointThatWasSlowIsTriedAgainAfterAWhile) {
  config_.outlier_detection.consecutive_failures = 0;
  policy_.choices = 2;
  StartNamed({"a", "b"});
  for (int i = 0; i < 10; ++i) CallOnce(absl::OkStatus(), absl::Milliseconds(i == 0 ? 100 : 1));
  const auto before = CallTimes(100);
  ASSERT_EQ(before.size(), 1u) << "only the fast one is called";

  for (int i = 0; i < 30; ++i) {
    CallOnce(absl::OkStatus(), absl::Milliseconds(1));
    loop_->Advance(config_.outlier_detection.interval);
  }

  EXPECT_EQ(CallTimes(100).size(), 2u);
}

TEST_F(BalancerLoadTest, ANewEndpointIsNotFree) {
  policy_.choices = 2;
  StartNamed({"a", "b"});
  for (int i = 0; i < 20; ++i) CallOnce(absl::OkStatus(), absl::Milliseconds(2));
  loop_->Advance(config_.outlier_detection.interval);

  balancer_->Update(EndpointsNamed({"a", "b", "c"}));

  EXPECT_EQ(StatusOf("c").latency, absl::Milliseconds(2));
}

class BalancerSlowStartTest : public BalancerFixture {
 protected:
  void SetUp() override { config_.slow_start.emplace(); }  // 10 s, linear, from 10 %

  double ShareOf(const std::string& address) { return StatusOf(address).share_ratio; }
};

TEST_F(BalancerSlowStartTest, LeavesTheFirstEndpointsAlone) {
  StartNamed({"a", "b"});

  EXPECT_EQ(ShareOf("a"), 1);
}

TEST_F(BalancerSlowStartTest, RampsAnEndpointThatIsAdded) {
  StartNamed({"a", "b", "c"});
  balancer_->Update(EndpointsNamed({"a", "b", "c", "d"}));

  EXPECT_NEAR(ShareOf("d"), 0.1, 1e-6);
  EXPECT_EQ(ShareOf("a"), 1);
  loop_->Advance(absl::Seconds(5));
  EXPECT_NEAR(ShareOf("d"), 0.5, 0.02);
  loop_->Advance(absl::Seconds(5.1));
  EXPECT_EQ(ShareOf("d"), 1);
}

TEST_F(BalancerSlowStartTest, MovesOnTenTimesASecondAndNoMoreOnceItIsOver) {
  config_.outlier_detection.interval = absl::Hours(1);
  StartNamed({"a"});
  balancer_->Update(EndpointsNamed({"a", "b"}));

  loop_->Advance(absl::Milliseconds(3300));

  EXPECT_NEAR(ShareOf("b"), 0.33, 1e-3);
}

TEST_F(BalancerSlowStartTest, GivesTheRampingEndpointItsShareOfTheCalls) {
  StartNamed({"a"});
  balancer_->Update(EndpointsNamed({"a", "b"}));
  loop_->Advance(absl::Seconds(2));

  const auto counts = CallTimes(20'000);

  // Half of the calls want b, a fifth of these get it: 2,000, with a standard deviation of 40.
  EXPECT_NEAR(counts.at("b"), 2'000, 200);
}

TEST_F(BalancerSlowStartTest, RampsAnEndpointThatIsReadmittedAfterItsTrial) {
  StartNamed({"a", "b", "c"});
  for (int i = 0; i < 15; ++i) {
    CallMemory memory;
    PickResult result = balancer_->Pick({}, memory);
    Lease& lease = std::get<Picked>(result).lease;
    const bool is_a = lease.endpoint().address == "a";
    lease.Report(MakeOutcome(is_a ? kDown : absl::OkStatus()));
  }
  ASSERT_EQ(StatusOf("a").state, HealthState::kEjected);

  loop_->Advance(absl::Seconds(5));
  EXPECT_EQ(ShareOf("a"), 1) << "a trial is not held back";
  CallTimes(3);

  EXPECT_EQ(StatusOf("a").state, HealthState::kHealthy);
  EXPECT_NEAR(ShareOf("a"), 0.1, 1e-6);
}

TEST_F(BalancerSlowStartTest, RampsAnEndpointThatIsConnectedAnewAfterAFailure) {
  StartNamed({"a", "b"});
  Disconnect("a");

  Connect("a");

  EXPECT_NEAR(ShareOf("a"), 0.1, 1e-6);
}

TEST_F(BalancerSlowStartTest, LeavesAnOrdinaryReconnectionAlone) {
  StartNamed({"a", "b"});
  balancer_->SetConnectivity("a", Connectivity::kConnecting);

  Connect("a");

  EXPECT_EQ(ShareOf("a"), 1);
}

TEST_F(BalancerSlowStartTest, EndsWhenItIsSwitchedOff) {
  StartNamed({"a"});
  balancer_->Update(EndpointsNamed({"a", "b"}));
  config_.slow_start.reset();

  balancer_->Reconfigure(config_, std::make_shared<RotatingPolicy>(policy_), nullptr);
  loop_->Advance(absl::Milliseconds(1));

  EXPECT_EQ(ShareOf("b"), 1);
}

}  // namespace
}  // namespace nines

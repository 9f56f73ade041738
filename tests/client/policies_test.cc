// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What a balancer adds to every policy, with the policies that ship.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "nines/balancer.h"
#include "nines/registry.h"
#include "support/fakes.h"
#include "support/manual_event_loop.h"

namespace nines {
namespace {

using ::testing::Each;
using ::testing::Pair;
using ::testing::SizeIs;

// A balancer with a clock that stands still.
class BalancerOfPolicy {
 public:
  explicit BalancerOfPolicy(BalancerConfig config) {
    Balancer::Options options;
    options.policy = *BuiltinRegistry().MakePolicy(config);
    options.config = std::move(config);
    options.loop = loop_;
    options.random = &random_;
    balancer_ = Balancer::Create(std::move(options));
  }

  Balancer* operator->() { return balancer_.get(); }

  PickResult Pick(const std::string& key, CallMemory& memory) {
    Call call;
    call.hash_key = key;
    return balancer_->Pick(call, memory);
  }

  // Where calls "key-0", "key-1", … go that end at once.
  std::map<std::string, int> Calls(int count) {
    std::map<std::string, int> calls;
    for (int i = 0; i < count; ++i) {
      CallMemory memory;
      PickResult result = Pick(absl::StrCat("key-", i), memory);
      auto* picked = std::get_if<Picked>(&result);
      ++calls[picked == nullptr ? "nobody" : picked->lease.endpoint().address];
    }
    return calls;
  }

  // The order of candidates of the call with this key.
  std::vector<std::string> OrderOf(const std::string& key) {
    Call call;
    call.hash_key = key;
    std::vector<std::string> order;
    for (const CandidateVerdict& verdict : balancer_->Explain(call)) {
      order.push_back(verdict.endpoint.address);
    }
    return order;
  }

 private:
  std::shared_ptr<ManualEventLoop> loop_ = std::make_shared<ManualEventLoop>();
  FixedRandom random_;
  std::shared_ptr<Balancer> balancer_;
};

class PoliciesTest : public ::testing::TestWithParam<AlgorithmConfig> {
 protected:
  PoliciesTest() { config_.algorithm = GetParam(); }

  BalancerConfig config_;
};

TEST_P(PoliciesTest, OnlyUsableEndpointTakesAllCalls) {
  BalancerOfPolicy balancer(config_);
  balancer->Update(EndpointsNumbered(50));

  for (int i = 0; i < 50; ++i) {
    if (i == 17) continue;
    balancer->SetConnectivity(absl::StrCat("e", i), Connectivity::kFailed,
                              absl::UnavailableError("down"));
  }

  EXPECT_THAT(balancer.Calls(1000), testing::ElementsAre(Pair("e17", 1000)));
}

TEST_P(PoliciesTest, AttemptsOfACallGoToAllEndpointsBeforeOneIsRepeated) {
  BalancerOfPolicy balancer(config_);
  balancer->Update(EndpointsNumbered(7));
  CallMemory memory;
  std::set<std::string> tried;

  for (int attempt = 0; attempt < 7; ++attempt) {
    PickResult result = balancer.Pick("key", memory);
    tried.insert(std::get<Picked>(result).lease.endpoint().address);
  }

  EXPECT_THAT(tried, SizeIs(7));
}

TEST_P(PoliciesTest, NobodyHasMoreCallsInFlightThanTheLimit) {
  config_.max_in_flight_per_endpoint = 3;
  BalancerOfPolicy balancer(config_);
  balancer->Update(EndpointsNumbered(5));
  std::vector<PickResult> running;
  std::map<std::string, int> in_flight;

  for (int i = 0; i < 15; ++i) {
    CallMemory memory;
    running.push_back(balancer.Pick(absl::StrCat("key-", i), memory));
    ++in_flight[std::get<Picked>(running.back()).lease.endpoint().address];
  }

  EXPECT_THAT(in_flight, SizeIs(5));
  EXPECT_THAT(in_flight, Each(Pair(testing::_, 3)));
  EXPECT_THAT(balancer.Calls(1), testing::ElementsAre(Pair("nobody", 1)));
}

TEST_P(PoliciesTest, NewEndpointBeginsWithTheLeastShareOfItsCalls) {
  config_.slow_start.emplace();
  config_.slow_start->min_weight_percent = 20;
  BalancerOfPolicy balancer(config_);
  balancer->Update(EndpointsNumbered(9));
  balancer->Update(EndpointsNumbered(10));

  const std::map<std::string, int> calls = balancer.Calls(50'000);

  // A fifth of a tenth, and the others share the rest; a standard deviation is below 70.
  for (const auto& [address, count] : calls) {
    EXPECT_NEAR(count, address == "e9" ? 1000 : 49'000 / 9, 400) << address;
  }
}

TEST_P(PoliciesTest, EachUpdateChangesWhoIsCalled) {
  BalancerOfPolicy balancer(config_);
  balancer->Update(EndpointsNumbered(20));
  balancer->Update(EndpointsNumbered(5));

  const std::map<std::string, int> few = balancer.Calls(2000);
  balancer->Update(EndpointsNumbered(20));
  const std::map<std::string, int> many = balancer.Calls(2000);

  EXPECT_THAT(few, SizeIs(5));
  EXPECT_THAT(many, SizeIs(20));
}

INSTANTIATE_TEST_SUITE_P(Policies, PoliciesTest,
                         ::testing::Values(RandomConfig(), HashConfig(), LeastRequestConfig(),
                                           LeastRequestConfig{10}, RoundRobinConfig()));

// Two clients that know the same endpoints agree on every key's order, whatever they have known
// before, and in whichever order.
TEST(HashedKeysTest, OrderOfCandidatesDoesNotDependOnThePast) {
  BalancerConfig config;
  config.algorithm = HashConfig();
  EndpointList endpoints = EndpointsNumbered(40);
  endpoints[5].hash_key = "pod-5";
  for (int i = 0; i < 40; ++i) endpoints[i].weight = 1 + i % 3;
  BalancerOfPolicy fresh(config);
  BalancerOfPolicy old(config);
  old->Update(EndpointsNumbered(300));
  old->SetConnectivity("e3", Connectivity::kFailed, absl::UnavailableError("down"));
  old->Update(EndpointsNumbered(7));
  old->Update(EndpointList(endpoints.rbegin(), endpoints.rend() - 20));
  old->SetConnectivity("e3", Connectivity::kConnected);

  fresh->Update(endpoints);
  old->Update(EndpointList(endpoints.rbegin(), endpoints.rend()));

  ASSERT_THAT(fresh.OrderOf("key"), SizeIs(40));
  for (int i = 0; i < 200; ++i) {
    const std::string key = absl::StrCat("key-", i);
    ASSERT_EQ(old.OrderOf(key), fresh.OrderOf(key)) << key;
  }
}

}  // namespace
}  // namespace nines

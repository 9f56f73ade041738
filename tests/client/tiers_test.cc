// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Tiers with the policies that ship: which tier a call begins in says nothing of who gets it there.

#include <map>
#include <memory>
#include <string>
#include <variant>

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "nines/balancer.h"
#include "nines/registry.h"
#include "support/fakes.h"
#include "support/manual_event_loop.h"

namespace nines {
namespace {

constexpr int kPerTier = 10;
constexpr int kCalls = 20'000;

class TiersTest : public ::testing::TestWithParam<AlgorithmConfig> {
 protected:
  // Two tiers, "first:0" … and "backup:0" …; half of the first is down, so that at the usual factor
  // of 1.4 it takes 70 % of the calls.
  void SetUp() override {
    Balancer::Options options;
    options.config.algorithm = GetParam();
    options.policy = *BuiltinRegistry().MakePolicy(options.config);
    options.loop = loop_;
    options.random = &random_;
    balancer_ = Balancer::Create(std::move(options));
    EndpointList endpoints;
    for (int i = 0; i < kPerTier; ++i) endpoints.push_back({absl::StrCat("first:", i), 1, "", 0});
    for (int i = 0; i < kPerTier; ++i) endpoints.push_back({absl::StrCat("backup:", i), 1, "", 1});
    balancer_->Update(endpoints);
    for (int i = 0; i < kPerTier; i += 2) {
      balancer_->SetConnectivity(absl::StrCat("first:", i), Connectivity::kFailed,
                                 absl::UnavailableError("down"));
    }
  }

  std::map<std::string, int> Calls() {
    std::map<std::string, int> calls;
    for (int i = 0; i < kCalls; ++i) {
      const std::string key = absl::StrCat("key-", i);
      Call call;
      call.hash_key = key;
      CallMemory memory;
      PickResult result = balancer_->Pick(call, memory);
      ++calls[std::get<Picked>(result).lease.endpoint().address];
    }
    return calls;
  }

  std::shared_ptr<ManualEventLoop> loop_ = std::make_shared<ManualEventLoop>();
  FixedRandom random_;
  std::shared_ptr<Balancer> balancer_;
};

TEST_P(TiersTest, EachTierSpreadsItsPartOverAllItsEndpoints) {
  const std::map<std::string, int> calls = Calls();

  // 70 % over five, 30 % over ten; a standard deviation is below 60.
  ASSERT_EQ(calls.size(), 15u);
  for (const auto& [address, count] : calls) {
    const int expected = address[0] == 'f' ? 2800 : 600;
    EXPECT_NEAR(count, expected, 300) << address;
  }
}

INSTANTIATE_TEST_SUITE_P(Policies, TiersTest,
                         ::testing::Values(RandomConfig(), HashConfig(), LeastRequestConfig(),
                                           RoundRobinConfig()));

}  // namespace
}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Which calls a pick looks at besides its own: a thread's pick among many endpoints has the memory
// of its third next call fetched. What that looks at shows in what the policy's table is asked.

#include <array>
#include <cstdint>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nines/balancer.h"
#include "support/fakes.h"
#include "support/manual_event_loop.h"

namespace nines {
namespace {

using ::testing::Each;
using ::testing::SizeIs;

constexpr int kMany = 16'384;
constexpr size_t kCallsAhead = 3;

// Candidate k is endpoint (seed + k) mod n. Writes down the seeds that are asked for candidate 0.
class AskedPolicy final : public Policy {
 public:
  explicit AskedPolicy(SeedSource seed_source) : seed_source_(seed_source) {}

  absl::string_view name() const override { return "asked"; }
  SeedSource seed_source() const override { return seed_source_; }
  uint32_t choices() const override { return 1; }
  std::unique_ptr<const CandidateTable> BuildTable(
      absl::Span<const Endpoint> endpoints) const override {
    return std::make_unique<Table>(static_cast<uint32_t>(endpoints.size()), asked_);
  }

  std::vector<uint64_t>& asked() const { return *asked_; }

 private:
  class Table final : public CandidateTable {
   public:
    Table(uint32_t size, std::shared_ptr<std::vector<uint64_t>> asked)
        : size_(size), asked_(std::move(asked)) {}
    uint32_t Candidate(uint64_t seed, uint32_t k) const override {
      if (k == 0) asked_->push_back(seed);
      return static_cast<uint32_t>((seed + k) % size_);
    }
    uint32_t candidate_limit() const override { return size_; }

   private:
    const uint32_t size_;
    const std::shared_ptr<std::vector<uint64_t>> asked_;
  };

  const SeedSource seed_source_;
  const std::shared_ptr<std::vector<uint64_t>> asked_ = std::make_shared<std::vector<uint64_t>>();
};

// A balancer that one thread picks from.
class Pool {
 public:
  Pool(Policy::SeedSource seed_source, int endpoints)
      : policy_(std::make_shared<AskedPolicy>(seed_source)) {
    Balancer::Options options;
    options.target = "test:///target";
    options.policy = policy_;
    options.loop = loop_;
    options.random = &random_;
    balancer_ = Balancer::Create(std::move(options));
    Update(endpoints);
  }

  void Update(int endpoints) { balancer_->Update(EndpointsNumbered(endpoints)); }

  // The seeds that a pick asks for: what it looks at ahead, and then its own.
  std::vector<uint64_t> AskedByPick() {
    policy_->asked().clear();
    Call call;
    call.hash_key = "key";
    CallMemory memory;
    EXPECT_TRUE(std::holds_alternative<Picked>(balancer_->Pick(call, memory)));
    EXPECT_EQ(policy_->asked().back(), *memory.seed());
    return policy_->asked();
  }
  std::vector<std::vector<uint64_t>> AskedByPicks(int times) {
    std::vector<std::vector<uint64_t>> asked;
    for (int i = 0; i < times; ++i) asked.push_back(AskedByPick());
    return asked;
  }

 private:
  const std::shared_ptr<AskedPolicy> policy_;
  const std::shared_ptr<ManualEventLoop> loop_ = std::make_shared<ManualEventLoop>();
  FixedRandom random_;
  std::shared_ptr<Balancer> balancer_;
};

// Whether each pick looked at its own call and at the one that came third after it.
void ExpectLooksAtThirdNext(const std::vector<std::vector<uint64_t>>& asked) {
  ASSERT_THAT(asked, Each(SizeIs(2)));
  for (size_t i = 0; i + kCallsAhead < asked.size(); ++i) {
    EXPECT_EQ(asked[i].front(), asked[i + kCallsAhead].back());
  }
}

TEST(BalancerFetchAheadTest, RandomPicksOfManyEndpointsLookAtTheThirdNextCall) {
  Pool pool(Policy::SeedSource::kRandom, kMany);

  ExpectLooksAtThirdNext(pool.AskedByPicks(10));
}

TEST(BalancerFetchAheadTest, TurnsOfManyEndpointsLookAtTheThirdNextCall) {
  Pool pool(Policy::SeedSource::kSequence, kMany);

  ExpectLooksAtThirdNext(pool.AskedByPicks(10));
}

TEST(BalancerFetchAheadTest, FewEndpointsAreNotLookedAtAhead) {
  Pool pool(Policy::SeedSource::kRandom, kMany - 1);

  EXPECT_THAT(pool.AskedByPicks(10), Each(SizeIs(1)));
}

TEST(BalancerFetchAheadTest, CallsByKeyDoNotLookAhead) {
  Pool pool(Policy::SeedSource::kHashKey, kMany);

  EXPECT_THAT(pool.AskedByPicks(10), Each(SizeIs(1)));
}

TEST(BalancerFetchAheadTest, BalancersByTurnsKeepTheirNextCalls) {
  Pool one(Policy::SeedSource::kRandom, kMany);
  Pool other(Policy::SeedSource::kRandom, kMany);
  std::vector<std::vector<uint64_t>> asked_by_one;
  std::vector<std::vector<uint64_t>> asked_by_other;

  for (int i = 0; i < 10; ++i) {
    asked_by_one.push_back(one.AskedByPick());
    asked_by_other.push_back(other.AskedByPick());
  }

  ExpectLooksAtThirdNext(asked_by_one);
  ExpectLooksAtThirdNext(asked_by_other);
}

// What was fetched for a table is nothing to the next: a pick finds its endpoint in the table of
// its own time.
TEST(BalancerFetchAheadTest, TablesMayChangeBetweenTheLookAndThePick) {
  Pool pool(Policy::SeedSource::kRandom, kMany);
  pool.AskedByPicks(2);
  pool.Update(3);
  EXPECT_THAT(pool.AskedByPicks(2), Each(SizeIs(1)));
  pool.Update(2 * kMany);

  ExpectLooksAtThirdNext(pool.AskedByPicks(10));
}

TEST(BalancerFetchAheadTest, RandomSeedsOfManyEndpointsAreUniform) {
  constexpr int kPicks = 16'000;
  Pool pool(Policy::SeedSource::kRandom, kMany);
  std::array<int, 16> by_high_bits{};
  std::array<int, 16> by_change{};  // since the seed before
  uint64_t before = 0;

  for (int i = 0; i < kPicks; ++i) {
    const uint64_t seed = pool.AskedByPick().back();
    ++by_high_bits[seed >> 60];
    ++by_change[(seed - before) >> 60];
    before = seed;
  }

  // 1,000 each; five standard deviations are 153.
  using ::testing::AllOf;
  EXPECT_THAT(by_high_bits, Each(AllOf(::testing::Ge(847), ::testing::Le(1153))));
  EXPECT_THAT(by_change, Each(AllOf(::testing::Ge(847), ::testing::Le(1153))));
}

}  // namespace
}  // namespace nines

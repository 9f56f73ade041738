// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What every policy keeps to, whatever it does: nines/policy.h. A new policy is added to the list
// at the end.

#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <numeric>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nines/config.h"
#include "nines/endpoint.h"
#include "nines/hash_policy.h"
#include "nines/least_request_policy.h"
#include "nines/policy.h"
#include "nines/random_policy.h"
#include "nines/round_robin_policy.h"
#include "policies/endpoints_for_test.h"

namespace nines {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::Gt;
using ::testing::IsEmpty;
using ::testing::Lt;

constexpr uint32_t kMaxWeight = std::numeric_limits<uint32_t>::max();

struct PolicyCase {
  std::string name;
  std::shared_ptr<const Policy> policy;
};

// GoogleTest shows it beside each test; without this, as bytes.
void PrintTo(const PolicyCase& tested, std::ostream* out) { *out << tested.name; }

class PolicyConformanceTest : public testing::TestWithParam<PolicyCase> {
 protected:
  std::unique_ptr<const CandidateTable> Build(const EndpointList& endpoints) const {
    return GetParam().policy->BuildTable(endpoints);
  }
};

// The numbers of endpoints, up to `largest`, with which some call's candidates leave one out.
std::vector<uint32_t> SizesThatLeaveOneOut(const Policy& policy, uint32_t largest) {
  std::vector<uint32_t> sizes;
  for (uint32_t size = 1; size <= largest; ++size) {
    const EndpointList endpoints = MakeEndpoints(size);
    const auto table = policy.BuildTable(endpoints);
    for (uint64_t call = 0; call < 20; ++call) {
      const std::vector<std::string> candidates = Candidates(*table, endpoints, SeedOf(call));
      const std::set<std::string> named(candidates.begin(), candidates.end());
      if (named.size() != size) sizes.push_back(size);
    }
  }
  return sizes;
}

// How far each count is from its share of the calls, in standard deviations of a fair draw.
std::vector<double> Deviations(const std::vector<uint32_t>& counts,
                               const std::vector<uint32_t>& weights) {
  const double calls = std::accumulate(counts.begin(), counts.end(), 0.0);
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<double> deviations;
  for (size_t i = 0; i < counts.size(); ++i) {
    const double share = weights[i] / sum;
    deviations.push_back((counts[i] - calls * share) / std::sqrt(calls * share * (1 - share)));
  }
  return deviations;
}

TEST_P(PolicyConformanceTest, TableOfNoEndpointsHasNoCandidates) {
  const auto table = Build({});

  EXPECT_EQ(table->candidate_limit(), 0);
}

TEST_P(PolicyConformanceTest, ComparesAtLeastOneCandidate) {
  EXPECT_GE(GetParam().policy->choices(), 1);
}

TEST_P(PolicyConformanceTest, OnlyEndpointIsEveryCandidate) {
  const EndpointList endpoints = MakeEndpoints(1);

  const auto table = Build(endpoints);

  EXPECT_THAT(Candidates(*table, endpoints, 42), Each(endpoints[0].address));
  EXPECT_GE(table->candidate_limit(), 1);
}

TEST_P(PolicyConformanceTest, CandidatesNameEveryEndpoint) {
  EXPECT_THAT(SizesThatLeaveOneOut(*GetParam().policy, 200), IsEmpty());
}

TEST_P(PolicyConformanceTest, LastUsableEndpointIsFoundWithAllOthersEjected) {
  const EndpointList endpoints = MakeEndpoints(1000);
  const auto table = Build(endpoints);

  const std::vector<std::string> candidates = Candidates(*table, endpoints, 7);

  EXPECT_THAT(candidates, testing::Contains(endpoints[999].address));
  EXPECT_LE(candidates.size(), 2 * endpoints.size());
}

TEST_P(PolicyConformanceTest, OrderOfTheListDoesNotMatter) {
  const EndpointList endpoints = MakeWeightedEndpoints({3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5});
  const EndpointList shuffled = Shuffled(endpoints);

  const auto table = Build(endpoints);
  const auto table_of_shuffled = Build(shuffled);

  for (uint64_t call = 0; call < 1000; ++call) {
    ASSERT_EQ(Candidates(*table, endpoints, SeedOf(call)),
              Candidates(*table_of_shuffled, shuffled, SeedOf(call)));
  }
}

TEST_P(PolicyConformanceTest, CandidateDependsOnNothingButItsArguments) {
  const EndpointList endpoints = MakeEndpoints(20);
  const auto table = Build(endpoints);
  const std::vector<std::string> before = Candidates(*table, endpoints, 1);

  Candidates(*table, endpoints, 2);

  EXPECT_EQ(Candidates(*table, endpoints, 1), before);
}

TEST_P(PolicyConformanceTest, TableOutlivesTheUpdateThatReplacesIt) {
  EndpointList endpoints = MakeEndpoints(20);
  const EndpointList old_endpoints = endpoints;
  const auto old_table = Build(endpoints);
  const std::vector<std::string> before = Candidates(*old_table, old_endpoints, 1);

  endpoints.clear();
  const auto new_table = Build(MakeEndpoints(3));

  EXPECT_EQ(Candidates(*old_table, old_endpoints, 1), before);
}

// A client that starts today agrees with one that runs since last week.
TEST_P(PolicyConformanceTest, TablesBuiltBeforeDoNotMatter) {
  const EndpointList endpoints = MakeWeightedEndpoints({3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5});
  const auto first = Build(endpoints);
  EndpointList others = Shuffled(MakeEndpoints(300));
  for (; others.size() > 290; others.pop_back()) Build(others);
  Build({endpoints.begin() + 2, endpoints.end()});

  const auto last = Build(endpoints);

  for (uint64_t call = 0; call < 1000; ++call) {
    ASSERT_EQ(Candidates(*last, endpoints, SeedOf(call)),
              Candidates(*first, endpoints, SeedOf(call)));
  }
}

TEST_P(PolicyConformanceTest, EqualEndpointsGetEqualShares) {
  const std::vector<uint32_t> weights(10, 1);
  const auto table = Build(MakeWeightedEndpoints(weights));

  const std::vector<uint32_t> counts = CountCandidates(*table, 10, 0, 200'000);

  EXPECT_THAT(Deviations(counts, weights), Each(AllOf(Gt(-5), Lt(5))));
}

TEST_P(PolicyConformanceTest, SharesFollowWeights) {
  const std::vector<uint32_t> weights = {1, 2, 3, 10, 100};
  const auto table = Build(MakeWeightedEndpoints(weights));

  const std::vector<uint32_t> counts = CountCandidates(*table, 5, 0, 200'000);

  EXPECT_THAT(Deviations(counts, weights), Each(AllOf(Gt(-5), Lt(5))));
}

TEST_P(PolicyConformanceTest, SecondCandidateFollowsWeightsToo) {
  const std::vector<uint32_t> weights = {1, 2, 3, 10, 100};
  const auto table = Build(MakeWeightedEndpoints(weights));

  const std::vector<uint32_t> counts = CountCandidates(*table, 5, 1, 200'000);

  EXPECT_THAT(Deviations(counts, weights), Each(AllOf(Gt(-5), Lt(5))));
}

// What an ejected endpoint leaves goes to all others alike, not to a neighbour.
TEST_P(PolicyConformanceTest, CallsOfAnEjectedEndpointSpreadOverTheOthers) {
  const auto table = Build(MakeEndpoints(10));
  std::vector<uint32_t> second(10);
  for (uint64_t call = 0; call < 500'000; ++call) {
    const uint64_t seed = SeedOf(call);
    if (table->Candidate(seed, 0) == 3) ++second.at(table->Candidate(seed, 1));
  }

  second.erase(second.begin() + 3);

  EXPECT_THAT(Deviations(second, std::vector<uint32_t>(9, 1)), Each(AllOf(Gt(-5), Lt(5))));
}

TEST_P(PolicyConformanceTest, WeightOfZeroCountsAsOne) {
  const EndpointList with_zero = MakeWeightedEndpoints({0, 5, 0});
  const EndpointList with_one = MakeWeightedEndpoints({1, 5, 1});

  const auto table_with_zero = Build(with_zero);
  const auto table_with_one = Build(with_one);

  for (uint64_t call = 0; call < 1000; ++call) {
    ASSERT_EQ(Candidates(*table_with_zero, with_zero, SeedOf(call)),
              Candidates(*table_with_one, with_one, SeedOf(call)));
  }
}

TEST_P(PolicyConformanceTest, LargestWeightsLeaveNobodyOut) {
  const EndpointList endpoints =
      MakeWeightedEndpoints({1, kMaxWeight, kMaxWeight - 1, kMaxWeight / 2 + 1, 0});
  const auto table = Build(endpoints);

  const std::vector<uint32_t> counts = CountCandidates(*table, 5, 0, 100'000);
  const std::vector<std::string> candidates = Candidates(*table, endpoints, 5);

  EXPECT_THAT(counts, ElementsAre(Lt(20), Gt(39'000), Gt(39'000), Gt(19'000), Lt(20)));
  EXPECT_EQ(std::set<std::string>(candidates.begin(), candidates.end()).size(), 5);
}

TEST_P(PolicyConformanceTest, EndpointsThatShareAnIdentityBothGetCalls) {
  EndpointList endpoints = MakeEndpoints(3);
  endpoints[0].hash_key = "same";
  endpoints[1].hash_key = "same";
  const auto table = Build(endpoints);

  const std::vector<uint32_t> counts = CountCandidates(*table, 3, 0, 30'000);

  EXPECT_THAT(counts, Each(Ge(9'000)));
}

INSTANTIATE_TEST_SUITE_P(
    Policies, PolicyConformanceTest,
    testing::Values(PolicyCase{"Random", MakeRandomPolicy()},
                    PolicyCase{"Hash", MakeHashPolicy({})},
                    PolicyCase{"HashWithTableOfOtherSize", MakeHashPolicy({{}, 16'411})},
                    PolicyCase{"LeastRequest", MakeLeastRequestPolicy({})},
                    PolicyCase{"RoundRobin", MakeRoundRobinPolicy()}),
    [](const testing::TestParamInfo<PolicyCase>& tested) { return tested.param.name; });

}  // namespace
}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "key_hash.h"
#include "nines/endpoint.h"

namespace nines {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::IsSubsetOf;
using ::testing::Le;
using ::testing::SizeIs;

EndpointList MakeList(size_t size, uint32_t tier = 0) {
  EndpointList endpoints(size);
  for (size_t i = 0; i < size; ++i) {
    endpoints[i].address = absl::StrCat("10.0.", tier, ".", i, ":80");
    endpoints[i].tier = tier;
  }
  return endpoints;
}

EndpointList Concatenated(EndpointList first, const EndpointList& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

// The addresses of SelectSubset(), sorted.
std::vector<std::string> Chosen(const EndpointList& endpoints, uint32_t size, uint64_t seed) {
  std::vector<std::string> addresses;
  for (const Endpoint& endpoint : SelectSubset(endpoints, size, seed)) {
    addresses.push_back(endpoint.address);
  }
  std::sort(addresses.begin(), addresses.end());
  return addresses;
}

// The addresses with the `size` lowest hashes, sorted.
std::vector<std::string> LowestHashes(const EndpointList& endpoints, size_t size, uint64_t seed) {
  std::map<uint64_t, std::string> by_hash;
  for (const Endpoint& endpoint : endpoints) {
    by_hash[SeededHash(endpoint.address, seed)] = endpoint.address;
  }
  std::set<std::string> lowest;
  for (auto it = by_hash.begin(); lowest.size() < size; ++it) lowest.insert(it->second);
  return {lowest.begin(), lowest.end()};
}

// For each endpoint, how many of `clients` clients with seeds 0, 1, 2, … have it in their subset.
std::vector<uint32_t> ClientsPerEndpoint(EndpointList endpoints, uint32_t size, uint64_t clients) {
  for (size_t i = 0; i < endpoints.size(); ++i) endpoints[i].weight = static_cast<uint32_t>(i);
  std::vector<uint32_t> counts(endpoints.size());
  for (uint64_t seed = 0; seed < clients; ++seed) {
    for (const Endpoint& endpoint : SelectSubset(endpoints, size, seed)) ++counts[endpoint.weight];
  }
  return counts;
}

// The seeds, of the first 200, with which someone else too leaves or joins the subset of `size`
// when the endpoint at `index` goes.
std::vector<uint64_t> UnstableSeeds(const EndpointList& with, size_t index, uint32_t size) {
  EndpointList without = with;
  without.erase(without.begin() + static_cast<std::ptrdiff_t>(index));
  std::vector<uint64_t> unstable;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    std::vector<std::string> stayed = Chosen(with, size, seed);
    stayed.erase(std::remove(stayed.begin(), stayed.end(), with[index].address), stayed.end());
    const std::vector<std::string> now = Chosen(without, size, seed);
    if (!std::includes(now.begin(), now.end(), stayed.begin(), stayed.end())) {
      unstable.push_back(seed);
    }
  }
  return unstable;
}

TEST(SubsetTest, IsTheLowestHashes) {
  EXPECT_THAT(Chosen(MakeList(6), 2, 1), ElementsAre("10.0.0.0:80", "10.0.0.4:80"));
  EXPECT_THAT(Chosen(MakeList(6), 2, 2), ElementsAre("10.0.0.4:80", "10.0.0.5:80"));
  EXPECT_EQ(Chosen(MakeList(100), 10, 3), LowestHashes(MakeList(100), 10, 3));
}

TEST(SubsetTest, OfSizeZeroIsAll) { EXPECT_EQ(SelectSubset(MakeList(5), 0, 1), MakeList(5)); }

TEST(SubsetTest, OfNobodyIsEmpty) { EXPECT_THAT(SelectSubset({}, 3, 1), IsEmpty()); }

TEST(SubsetTest, OfNoMoreThanItsSizeIsAll) {
  EXPECT_EQ(SelectSubset(MakeList(5), 5, 1), MakeList(5));
  EXPECT_EQ(SelectSubset(MakeList(5), 6, 1), MakeList(5));
}

TEST(SubsetTest, KeepsTheOrderOfTheListAndTheEndpointsAsTheyAre) {
  EndpointList endpoints = {
      {"c:1", 3, "z", 7}, {"a:1", 1, "y", 7}, {"b:1", 2, "", 7}, {"d:1", 9, "", 7}};

  const EndpointList subset = SelectSubset(endpoints, 3, 5);

  ASSERT_THAT(subset, SizeIs(3));
  endpoints.erase(std::find_if(endpoints.begin(), endpoints.end(), [&](const Endpoint& endpoint) {
    return std::find(subset.begin(), subset.end(), endpoint) == subset.end();
  }));
  EXPECT_EQ(subset, endpoints);
}

TEST(SubsetTest, OrderOfTheListDoesNotMatter) {
  EndpointList reversed = MakeList(50);
  std::reverse(reversed.begin(), reversed.end());

  EXPECT_EQ(Chosen(reversed, 7, 3), Chosen(MakeList(50), 7, 3));
}

TEST(SubsetTest, IsOfEachTier) {
  const EndpointList endpoints = Concatenated(MakeList(10, 0), MakeList(2, 5));

  const std::vector<std::string> chosen = Chosen(endpoints, 3, 1);

  EXPECT_THAT(chosen, SizeIs(5));
  EXPECT_THAT(Chosen(MakeList(10, 0), 3, 1), IsSubsetOf(chosen));
  EXPECT_THAT(Chosen(MakeList(2, 5), 3, 1), IsSubsetOf(chosen));
}

TEST(SubsetTest, EndpointThatLeavesMakesRoomForOneAndMovesNobody) {
  EXPECT_THAT(UnstableSeeds(MakeList(20), 0, 5), IsEmpty());
  EXPECT_THAT(UnstableSeeds(MakeList(20), 19, 5), IsEmpty());
  EXPECT_THAT(UnstableSeeds(Concatenated(MakeList(20, 0), MakeList(20, 1)), 3, 5), IsEmpty());
}

TEST(SubsetTest, NewAddressWithTheSameHashKeyKeepsItsPlace) {
  EndpointList endpoints = MakeList(20);
  endpoints[4].hash_key = "pod-4";
  const size_t members_before = ClientsPerEndpoint(endpoints, 5, 1000)[4];

  endpoints[4].address = "192.0.2.99:80";

  EXPECT_EQ(ClientsPerEndpoint(endpoints, 5, 1000)[4], members_before);
}

// Each endpoint is in a client's subset with probability 1/5; 5 standard deviations are allowed.
TEST(SubsetTest, ManyClientsSpreadEvenly) {
  EXPECT_THAT(ClientsPerEndpoint(MakeList(100), 20, 2000), Each(AllOf(Ge(310), Le(490))));
}

TEST(SubsetTest, ClientsSpreadOverEndpointsThatShareAnIdentity) {
  EndpointList endpoints = MakeList(10);
  for (Endpoint& endpoint : endpoints) endpoint.hash_key = "same";

  EXPECT_THAT(ClientsPerEndpoint(endpoints, 2, 2000), Each(AllOf(Ge(310), Le(490))));
}

}  // namespace
}  // namespace nines

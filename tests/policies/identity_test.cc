// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "identity.h"

#include <cstdint>
#include <numeric>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/algorithm/container.h"
#include "nines/endpoint.h"
#include "policies/endpoints_for_test.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(CanonicalOrderTest, OfNoEndpointsIsEmpty) { EXPECT_THAT(CanonicalOrder({}), IsEmpty()); }

TEST(CanonicalOrderTest, IsByTheIdentitysHashThenAddress) {
  const EndpointList endpoints = {{"d:1", 1, ""}, {"z:1", 1, "a"}, {"y:1", 1, "a"}, {"b:1", 1, ""}};

  EXPECT_THAT(CanonicalOrder(endpoints), ElementsAre(0, 3, 2, 1));
}

TEST(CanonicalOrderTest, OfManyIsSortedByTheirHashes) {
  const EndpointList endpoints = MakeEndpoints(10'000);

  const std::vector<CanonicalEndpoint> order = InCanonicalOrder(endpoints);

  EXPECT_TRUE(absl::c_is_sorted(order, [](const CanonicalEndpoint& a, const CanonicalEndpoint& b) {
    return a.hash.low < b.hash.low;
  }));
  std::vector<uint32_t> indexes = Indexes(order);
  absl::c_sort(indexes);
  std::vector<uint32_t> all(endpoints.size());
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(indexes, all);
}

TEST(CanonicalOrderTest, HashIsTheIdentitys) {
  const EndpointList endpoints = {{"a:1", 1, "x"}};

  const std::vector<CanonicalEndpoint> order = InCanonicalOrder(endpoints);

  EXPECT_EQ(order[0].index, 0);
  EXPECT_EQ(order[0].hash.low, HashIdentity("x", 0).low);
  EXPECT_EQ(order[0].hash.high, HashIdentity("x", 0).high);
}

TEST(CanonicalOrderTest, ThoseWhoShareAnIdentityAreNumbered) {
  const EndpointList endpoints = {{"c:1", 1, "x"}, {"a:1", 1, "x"}, {"b:1", 1, "x"}};

  const std::vector<CanonicalEndpoint> order = InCanonicalOrder(endpoints);

  EXPECT_THAT(CanonicalOrder(endpoints), ElementsAre(1, 2, 0));
  EXPECT_EQ(order[0].hash.low, HashIdentity("x", 0).low);
  EXPECT_EQ(order[1].hash.low, HashIdentity("x", 1).low);
  EXPECT_EQ(order[2].hash.low, HashIdentity("x", 2).low);
}

TEST(HashIdentityTest, DependsOnTheSeed) {
  const IdentityHash first = HashIdentity("10.0.0.1:80", 0);
  const IdentityHash second = HashIdentity("10.0.0.1:80", 1);

  EXPECT_NE(first.low, second.low);
  EXPECT_NE(first.high, second.high);
}

// From the reference implementation. A change here moves the keys of every user.
TEST(HashIdentityTest, IsXxh3With128Bits) {
  const IdentityHash empty = HashIdentity("", 0);
  const IdentityHash address = HashIdentity("10.0.0.1:80", 0);

  EXPECT_EQ(empty.high, 0x99AA06D3014798D8u);
  EXPECT_EQ(empty.low, 0x6001C324468D497Fu);
  EXPECT_EQ(address.high, 0x00EB8A35BA640972u);
  EXPECT_EQ(address.low, 0x59AA234E607AC0E2u);
}

}  // namespace
}  // namespace nines

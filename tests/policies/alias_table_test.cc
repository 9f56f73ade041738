// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "alias_table.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nines {
namespace {

using ::testing::Each;
using ::testing::Le;

constexpr uint32_t kMaxWeight = std::numeric_limits<uint32_t>::max();

std::vector<AliasTable::Item> Items(const std::vector<uint32_t>& weights) {
  std::vector<AliasTable::Item> items;
  items.reserve(weights.size());
  for (const uint32_t weight : weights) {
    items.push_back({static_cast<uint32_t>(items.size()), weight});
  }
  return items;
}

// By how much the probability of each item, added up over the table, misses its share of the
// weight.
std::vector<double> Errors(const std::vector<uint32_t>& weights) {
  const AliasTable table(Items(weights));
  const double columns = static_cast<double>(table.columns().size());
  std::vector<double> probabilities(weights.size());
  for (const AliasTable::Column& column : table.columns()) {
    const double own = std::ldexp(column.threshold, -32);
    probabilities.at(column.own) += own / columns;
    probabilities.at(column.alias) += (1 - own) / columns;
  }
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<double> errors;
  for (size_t i = 0; i < weights.size(); ++i) {
    errors.push_back(std::abs(probabilities[i] - weights[i] / sum));
  }
  return errors;
}

std::vector<uint32_t> RandomWeights(size_t count, uint32_t largest) {
  std::mt19937_64 generator(11);
  std::uniform_int_distribution<uint32_t> distribution(1, largest);
  std::vector<uint32_t> weights(count);
  std::generate(weights.begin(), weights.end(), [&] { return distribution(generator); });
  return weights;
}

TEST(AliasTableTest, OneItemIsAlwaysDrawn) {
  const AliasTable table({{7, 3}});

  EXPECT_EQ(table.Draw(0), 7);
  EXPECT_EQ(table.Draw(UINT64_MAX), 7);
}

TEST(AliasTableTest, HighBitsChooseTheColumnAndLowBitsTheItem) {
  const AliasTable table({{10, 1}, {11, 3}});  // 10 fills half of its column

  EXPECT_EQ(table.Draw(0x00000000'00000000), 10);
  EXPECT_EQ(table.Draw(0x00000000'7FFFFFFF), 10);
  EXPECT_EQ(table.Draw(0x00000000'80000000), 11);
  EXPECT_EQ(table.Draw(0xFFFFFFFF'00000000), 11);
}

TEST(AliasTableTest, EqualSharesAreExact) {
  EXPECT_THAT(Errors(std::vector<uint32_t>(1000, 5)), Each(Le(1e-9)));
}

TEST(AliasTableTest, SmallSharesAreExact) {
  EXPECT_THAT(Errors({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}), Each(Le(1e-9)));
}

TEST(AliasTableTest, ManySharesAreExact) {
  EXPECT_THAT(Errors(RandomWeights(5000, 1000)), Each(Le(1e-9)));
}

TEST(AliasTableTest, LargestWeightsAreExact) {
  EXPECT_THAT(Errors(RandomWeights(5000, kMaxWeight)), Each(Le(1e-9)));
  EXPECT_THAT(Errors({1, kMaxWeight, 1, kMaxWeight}), Each(Le(1e-9)));
}

TEST(AliasTableTest, WeightOfZeroCountsAsOne) {
  const AliasTable table({{0, 0}, {1, 1}});

  EXPECT_EQ(table.Draw(0), 0);
  EXPECT_EQ(table.Draw(UINT64_MAX), 1);
}

}  // namespace
}  // namespace nines

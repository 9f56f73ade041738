// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "modulo.h"

#include <cstdint>
#include <random>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nines {
namespace {

using ::testing::IsEmpty;

// Divisors with which the remainder of one of many numbers, edges among them, is not %'s.
std::vector<uint32_t> WrongDivisors(const std::vector<uint32_t>& divisors) {
  std::mt19937 generator(3);
  std::vector<uint32_t> wrong;
  for (const uint32_t divisor : divisors) {
    const Modulo modulo(divisor);
    std::vector<uint32_t> numbers = {0, 1, divisor - 1, divisor, divisor + 1, UINT32_MAX};
    for (int i = 0; i < 1000; ++i) numbers.push_back(static_cast<uint32_t>(generator()));
    for (const uint32_t number : numbers) {
      if (modulo(number) != number % divisor) wrong.push_back(divisor);
    }
  }
  return wrong;
}

TEST(ModuloTest, IsTheRemainderForSmallDivisors) {
  std::vector<uint32_t> divisors;
  for (uint32_t divisor = 1; divisor <= 2000; ++divisor) divisors.push_back(divisor);

  EXPECT_THAT(WrongDivisors(divisors), IsEmpty());
}

TEST(ModuloTest, IsTheRemainderForLargeDivisors) {
  EXPECT_THAT(WrongDivisors({65'535, 65'536, 65'537, 1'048'576, 1u << 31, (1u << 31) + 1,
                             4'294'967'291, UINT32_MAX - 1, UINT32_MAX}),
              IsEmpty());
}

}  // namespace
}  // namespace nines

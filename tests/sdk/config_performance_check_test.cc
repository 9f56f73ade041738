// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include "nines/config.h"
#include "sdk/parse_config.h"

namespace nines {
namespace {

TEST(PerformanceCheckConfigTest, IsOffUnlessItIsNamed) {
  EXPECT_FALSE(Parse("{}").performance_check.has_value());
  EXPECT_TRUE(Parse(R"({"performanceCheck": {}})").performance_check.has_value());
}

TEST(PerformanceCheckConfigTest, IsRead) {
  const auto check = Parse(R"({"performanceCheck": {"loadHeader": "X-Load", "latencyFactor": 1.5,
                               "targetUtilization": 70, "minWeightPercent": 1}})")
                         .performance_check;

  ASSERT_TRUE(check.has_value());
  EXPECT_EQ(check->load_header, "x-load");
  EXPECT_EQ(check->target_utilization, 70);
  EXPECT_EQ(check->latency_factor, 1.5);
  EXPECT_EQ(check->min_weight_percent, 1u);
}

TEST(PerformanceCheckConfigTest, ProblemsAreNamed) {
  EXPECT_EQ(Problems(R"({"performanceCheck": {"loadHeader": "x-load-bin", "latencyFactor": 0.5,
                         "targetUtilization": 0, "minWeightPercent": 0}})"),
            "nines.performanceCheck.loadHeader: \"x-load-bin\" is a binary header, which gRFC A76 "
            "does not allow\n"
            "nines.performanceCheck.targetUtilization: 0 is out of range; allowed: a number in "
            "[0.01, 10000], no exponent\n"
            "nines.performanceCheck.latencyFactor: 0.5 is out of range; allowed: a number in [1, "
            "1000], no exponent\n"
            "nines.performanceCheck.minWeightPercent: 0 is out of range; allowed: an integer in "
            "[1, 100]");
  EXPECT_EQ(Problems(R"({"performanceCheck": {"header": "x"}})"),
            "nines.performanceCheck.header: unknown field; allowed: loadHeader, "
            "targetUtilization, latencyFactor, minWeightPercent");
}

}  // namespace
}  // namespace nines

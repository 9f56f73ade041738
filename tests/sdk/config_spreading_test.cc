// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// The fields of "nines" that say how calls are spread: algorithms, slow start, tiers, subset and
// limits.

#include <optional>
#include <string>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "nines/config.h"
#include "sdk/parse_config.h"

namespace nines {
namespace {

using ::testing::AllOf;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

uint32_t ChoicesOf(absl::string_view json) {
  const BalancerConfig config = Parse(json);
  const auto* least_request = std::get_if<LeastRequestConfig>(&config.algorithm);
  EXPECT_NE(least_request, nullptr);
  return least_request == nullptr ? 0 : least_request->choices;
}

std::optional<double> BoundedLoadOf(absl::string_view json) {
  return std::get<HashConfig>(Parse(json).algorithm).bounded_load;
}

// `number` as the value of tierOverprovisioningFactor, a number in [1, 10].
std::string NumberProblems(absl::string_view number) {
  return Problems(absl::StrCat(R"({"tierOverprovisioningFactor": )", number, "}"));
}

TEST(AlgorithmConfigTest, LeastRequestComparesTwoUnlessToldOtherwise) {
  EXPECT_EQ(ChoicesOf(R"({"leastRequest": {}})"), 2);
  EXPECT_EQ(ChoicesOf(R"({"leastRequest": {"choices": 2}})"), 2);
  EXPECT_EQ(ChoicesOf(R"({"leastRequest": {"choices": "10"}})"), 10);
}

TEST(AlgorithmConfigTest, LeastRequestComparesTwoToTen) {
  EXPECT_EQ(Problems(R"({"leastRequest": {"choices": 1}})"),
            "nines.leastRequest.choices: 1 is out of range; allowed: an integer in [2, 10]");
  EXPECT_THAT(Problems(R"({"leastRequest": {"choices": 11}})"), HasSubstr("11 is out of range"));
  EXPECT_THAT(Problems(R"({"leastRequest": {"choices": 2.5}})"),
              HasSubstr("2.5 is not an integer"));
  EXPECT_EQ(Problems(R"({"leastRequest": {"choice": 2}})"),
            "nines.leastRequest.choice: unknown field; did you mean choices?; allowed: choices");
  EXPECT_EQ(Problems(R"({"leastRequest": 2})"),
            "nines.leastRequest: 2 is not an object; allowed: an object");
}

TEST(AlgorithmConfigTest, RoundRobinHasNoFields) {
  EXPECT_TRUE(std::holds_alternative<RoundRobinConfig>(Parse(R"({"roundRobin": {}})").algorithm));
  EXPECT_EQ(Problems(R"({"roundRobin": {"weighted": true}})"),
            "nines.roundRobin.weighted: unknown field; allowed: none, this object is empty");
}

TEST(AlgorithmConfigTest, ProblemsOfAllAlgorithmsAreReported) {
  EXPECT_EQ(Problems(R"({"hash": {"tableSize": 4}, "leastRequest": {"choices": 0},
                         "roundRobin": []})"),
            "nines: has hash and leastRequest and roundRobin; allowed: one algorithm\n"
            "nines.hash.tableSize: 4 is not a prime; allowed: a prime in [3, 5000011]\n"
            "nines.leastRequest.choices: 0 is out of range; allowed: an integer in [2, 10]\n"
            "nines.roundRobin: an array is not an object; allowed: an object");
}

TEST(AlgorithmConfigTest, BoundedLoadIsOffUnlessWritten) {
  EXPECT_THAT(BoundedLoadOf(R"({"hash": {}})"), Eq(std::nullopt));
  EXPECT_THAT(BoundedLoadOf(R"({"hash": {"boundedLoad": 1.25}})"), Optional(1.25));
  EXPECT_THAT(BoundedLoadOf(R"({"hash": {"boundedLoad": "1"}})"), Optional(1.0));
  EXPECT_THAT(BoundedLoadOf(R"({"hash": {"boundedLoad": 100}})"), Optional(100.0));
}

TEST(AlgorithmConfigTest, BoundedLoadIsAtLeastTheMean) {
  EXPECT_EQ(Problems(R"({"hash": {"boundedLoad": 0.99}})"),
            "nines.hash.boundedLoad: 0.99 is out of range; allowed: a number in [1, 100], no "
            "exponent");
  EXPECT_THAT(Problems(R"({"hash": {"boundedLoad": 100.5}})"), HasSubstr("out of range"));
  EXPECT_THAT(Problems(R"({"hash": {"boundedLoad": null}})"), HasSubstr("null is not a number"));
}

TEST(SlowStartConfigTest, IsOffUnlessWritten) {
  EXPECT_FALSE(Parse("{}").slow_start.has_value());
  EXPECT_TRUE(Parse(R"({"slowStart": {}})").slow_start.has_value());
}

TEST(SlowStartConfigTest, FieldsAreRead) {
  const auto config = Parse(R"({"slowStart": {
      "window": "0.01s", "aggression": 0.01, "minWeightPercent": 100}})")
                          .slow_start;

  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->window, absl::Milliseconds(10));
  EXPECT_EQ(config->aggression, 0.01);
  EXPECT_EQ(config->min_weight_percent, 100);
}

TEST(SlowStartConfigTest, FieldsAreInRange) {
  EXPECT_EQ(Problems(R"({"slowStart": {
                "window": "0s", "aggression": 0, "minWeightPercent": 0, "windwo": "1s"}})"),
            "nines.slowStart.windwo: unknown field; did you mean window?; allowed: window, "
            "aggression, minWeightPercent\n"
            "nines.slowStart.window: \"0s\" is out of range; allowed: a duration in [\"0.01s\", "
            "\"86400s\"], in seconds with at most 9 decimals\n"
            "nines.slowStart.aggression: 0 is out of range; allowed: a number in [0.01, 100], no "
            "exponent\n"
            "nines.slowStart.minWeightPercent: 0 is out of range; allowed: an integer in [1, 100]");
  EXPECT_THAT(Problems(R"({"slowStart": {"aggression": -1}})"), HasSubstr("-1 is out of range"));
  EXPECT_THAT(Problems(R"({"slowStart": {"minWeightPercent": 101}})"), HasSubstr("out of range"));
  EXPECT_THAT(Problems(R"({"slowStart": "10s"})"), HasSubstr("\"10s\" is not an object"));
}

TEST(TierConfigTest, FactorIsRead) {
  EXPECT_EQ(Parse("{}").tier_overprovisioning_factor, 1.4);
  EXPECT_EQ(Parse(R"({"tierOverprovisioningFactor": 1})").tier_overprovisioning_factor, 1);
  EXPECT_EQ(Parse(R"({"tierOverprovisioningFactor": 10})").tier_overprovisioning_factor, 10);
  EXPECT_EQ(Problems(R"({"tierOverprovisioningFactor": 0.9})"),
            "nines.tierOverprovisioningFactor: 0.9 is out of range; allowed: a number in [1, 10], "
            "no exponent");
}

TEST(SubsetConfigTest, SizeIsRead) {
  EXPECT_EQ(Parse("{}").subset_size, 0);
  EXPECT_EQ(Parse(R"({"subset": {"size": 1}})").subset_size, 1);
  EXPECT_EQ(Parse(R"({"subset": {"size": 1000000}})").subset_size, 1'000'000);
}

TEST(SubsetConfigTest, SizeIsRequiredAndPositive) {
  EXPECT_EQ(Problems(R"({"subset": {}})"), "nines.subset.size: is missing, and required");
  EXPECT_EQ(Problems(R"({"subset": {"size": 0}})"),
            "nines.subset.size: 0 is out of range; allowed: an integer in [1, 1000000]");
  EXPECT_THAT(Problems(R"({"subset": 20})"), HasSubstr("nines.subset: 20 is not an object"));
}

TEST(InFlightConfigTest, LimitIsRead) {
  EXPECT_EQ(Parse("{}").max_in_flight_per_endpoint, 0);
  EXPECT_EQ(Parse(R"({"maxInFlightPerEndpoint": 1024})").max_in_flight_per_endpoint, 1024);
  EXPECT_EQ(Problems(R"({"maxInFlightPerEndpoint": 0})"),
            "nines.maxInFlightPerEndpoint: 0 is out of range; allowed: an integer in [1, 1000000]");
}

TEST(ConfigNumberTest, MayStandInQuotes) {
  EXPECT_THAT(NumberProblems("1.5"), IsEmpty());
  EXPECT_THAT(NumberProblems("\"1.5\""), IsEmpty());
}

TEST(ConfigNumberTest, IsWrittenAsDecimal) {
  EXPECT_THAT(NumberProblems("\"1.\""), HasSubstr("\"1.\" is not a number"));
  EXPECT_THAT(NumberProblems("\".5\""), HasSubstr("is not a number"));
  EXPECT_THAT(NumberProblems("\" 1\""), HasSubstr("is not a number"));
  EXPECT_THAT(NumberProblems("\"+2\""), HasSubstr("is not a number"));
  EXPECT_THAT(NumberProblems("\"0x2\""), HasSubstr("is not a number"));
  EXPECT_THAT(NumberProblems("\"\""), HasSubstr("is not a number"));
  EXPECT_THAT(NumberProblems("1e0"), HasSubstr("1e0 is not a number"));
  EXPECT_THAT(NumberProblems("true"), HasSubstr("true is not a number"));
  EXPECT_THAT(NumberProblems("[1]"), HasSubstr("an array is not a number"));
}

TEST(ConfigNumberTest, IsFinite) {
  EXPECT_THAT(NumberProblems("\"NaN\""), HasSubstr("\"NaN\" is not a number"));
  EXPECT_THAT(NumberProblems("\"Infinity\""), HasSubstr("is not a number"));
  EXPECT_THAT(NumberProblems("NaN"), HasSubstr("not JSON: line 1, column "));
  EXPECT_THAT(NumberProblems("\"1e999\""), HasSubstr("\"1e999\" is not a number"));
  EXPECT_THAT(NumberProblems("1e999"),
              AllOf(HasSubstr("not JSON: line 1, column "), HasSubstr("number overflow")));
  EXPECT_THAT(NumberProblems(absl::StrCat("\"", std::string(400, '9'), "\"")),
              HasSubstr("out of range"));
}

TEST(ConfigNumberTest, NegativeZeroIsZero) {
  EXPECT_THAT(NumberProblems("-0"), HasSubstr("is out of range; allowed: a number in [1, 10]"));
  EXPECT_THAT(NumberProblems("-0.0"), HasSubstr("-0.0 is out of range"));
  EXPECT_THAT(Problems(R"({"maxInFlightPerEndpoint": -0})"), HasSubstr("is out of range"));
}

}  // namespace
}  // namespace nines

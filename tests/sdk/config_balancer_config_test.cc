// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// The object under "nines", through the public door.

#include <string>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "nines/config.h"
#include "sdk/parse_config.h"

namespace nines {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

using Kind = HashKeySource::Kind;

HashConfig ParseHash(absl::string_view json) {
  const BalancerConfig config = Parse(absl::StrCat(R"({"hash": )", json, "}"));
  const auto* hash = std::get_if<HashConfig>(&config.algorithm);
  EXPECT_NE(hash, nullptr);
  return hash == nullptr ? HashConfig{{}, 1} : *hash;
}

TEST(BalancerConfigTest, EmptyTextAndEmptyObjectMeanDefaults) {
  EXPECT_TRUE(std::holds_alternative<RandomConfig>(Parse("").algorithm));
  EXPECT_TRUE(std::holds_alternative<RandomConfig>(Parse("{}").algorithm));
  EXPECT_TRUE(std::holds_alternative<RandomConfig>(Parse(R"({"random": {}})").algorithm));
  EXPECT_FALSE(Parse("{}").health_check.has_value());
}

TEST(BalancerConfigTest, ErrorsAreInvalidArgument) {
  EXPECT_EQ(ParseBalancerConfig("[]").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ParseBalancerConfig("x").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(BalancerConfigTest, RootMustBeAnObject) {
  EXPECT_EQ(Problems("[]"), "nines: an array is not an object; allowed: an object");
  EXPECT_EQ(Problems("null"), "nines: null is not an object; allowed: an object");
}

TEST(BalancerConfigTest, UnknownFieldIsNamedWithTheKnownOnes) {
  EXPECT_EQ(Problems(R"({"hsah": {}})"),
            "nines.hsah: unknown field; did you mean hash?; allowed: random, hash, leastRequest, "
            "roundRobin, outlierDetection, healthCheck, slowStart, panic, "
            "tierOverprovisioningFactor, subset, maxInFlightPerEndpoint, statusClasses, "
            "performanceCheck, retryBudget");
  EXPECT_THAT(Problems(R"({"a\u001bb": {}})"), StartsWith(R"(nines["a\x1b)"));
  EXPECT_EQ(Problems(R"({"random": {"x": 1}})"),
            "nines.random.x: unknown field; allowed: none, this object is empty");
}

TEST(BalancerConfigTest, EveryProblemIsReported) {
  EXPECT_EQ(Problems(R"({
      "hash": {"tableSize": 65536, "keys": [{"header": "x-bin"}]},
      "outlierDetection": {"interval": 1, "maxEjectionPercent": 101},
      "panic": 7})"),
            "nines.hash.keys[0].header: \"x-bin\" is a binary header, which gRFC A76 does not "
            "allow\n"
            "nines.hash.tableSize: 65536 is not a prime; allowed: a prime in [3, 5000011]\n"
            "nines.outlierDetection.interval: 1 is not a duration; allowed: a duration in "
            "[\"0.01s\", \"86400s\"], in seconds with at most 9 decimals\n"
            "nines.outlierDetection.maxEjectionPercent: 101 is out of range; allowed: an integer "
            "in [0, 100]\n"
            "nines.panic: 7 is not an object; allowed: an object");
}

TEST(BalancerConfigTest, TwoAlgorithmsAreRefused) {
  EXPECT_EQ(Problems(R"({"random": {}, "hash": {}})"),
            "nines: has random and hash; allowed: one algorithm");
}

TEST(BalancerConfigTest, DuplicateKeyIsRefused) {
  EXPECT_THAT(Problems(R"({"hash": {}, "hash": {}})"), HasSubstr("more than once"));
}

TEST(BalancerConfigTest, HashDefaultsToTheKeyOfTheCall) {
  const HashConfig hash = ParseHash("{}");

  ASSERT_THAT(hash.keys, SizeIs(1));
  EXPECT_EQ(hash.keys[0].kind, Kind::kCall);
  EXPECT_EQ(hash.table_size, 0);
}

TEST(BalancerConfigTest, HashKeysKeepTheirOrder) {
  const HashConfig hash = ParseHash(
      R"({"keys": [{"requestContent": {}}, {"header": "X-User.Id_2"}, {"method": {}}, {"call": {}},
                   {"clientIp": {}}], "tableSize": "65537"})");

  ASSERT_THAT(hash.keys, SizeIs(5));
  EXPECT_EQ(hash.keys[0].kind, Kind::kRequestContent);
  EXPECT_EQ(hash.keys[1].kind, Kind::kHeader);
  EXPECT_EQ(hash.keys[1].header, "x-user.id_2");
  EXPECT_EQ(hash.keys[2].kind, Kind::kMethod);
  EXPECT_EQ(hash.keys[3].kind, Kind::kCall);
  EXPECT_EQ(hash.keys[4].kind, Kind::kClientIp);
  EXPECT_EQ(hash.table_size, 65'537);
}

TEST(BalancerConfigTest, HashKeyNamesOneSource) {
  EXPECT_THAT(Problems(R"({"hash": {"keys": [{}]}})"),
              StartsWith("nines.hash.keys[0]: names no source; allowed: exactly one of call, "));
  EXPECT_THAT(Problems(R"({"hash": {"keys": [{"call": {}, "method": {}}]}})"),
              StartsWith("nines.hash.keys[0]: names more than one source; "));
  EXPECT_THAT(Problems(R"({"hash": {"keys": [{"cal": {}}]}})"), HasSubstr("did you mean call?"));
  EXPECT_THAT(Problems(R"({"hash": {"keys": [7]}})"), HasSubstr("7 is not an object"));
  EXPECT_THAT(Problems(R"({"hash": {"keys": [{"call": 1}]}})"),
              StartsWith("nines.hash.keys[0].call: 1 is not an object"));
}

TEST(BalancerConfigTest, HashTakesOneToSixteenKeys) {
  std::string keys = "{\"call\":{}}";
  for (int i = 0; i < 16; ++i) absl::StrAppend(&keys, ",{\"call\":{}}");

  EXPECT_EQ(Problems(R"({"hash": {"keys": []}})"),
            "nines.hash.keys: has 0 elements; allowed: 1 to 16");
  EXPECT_EQ(Problems(absl::StrCat(R"({"hash": {"keys": [)", keys, "]}}")),
            "nines.hash.keys: has 17 elements; allowed: 1 to 16");
}

TEST(BalancerConfigTest, HeaderNamesAreChecked) {
  const auto problems_of = [](absl::string_view name) {
    return Problems(absl::StrCat(R"({"hash": {"keys": [{"header": ")", name, "\"}]}}"));
  };

  EXPECT_THAT(problems_of(""), HasSubstr("\"\" is not a header name"));
  EXPECT_THAT(problems_of(":path"), HasSubstr("is not a header name"));
  EXPECT_THAT(problems_of("a b"), HasSubstr("is not a header name"));
  EXPECT_THAT(problems_of(std::string(257, 'x')), HasSubstr("is not a header name"));
  EXPECT_THAT(problems_of("X-BIN"), HasSubstr("is a binary header"));
  EXPECT_THAT(problems_of("grpc-timeout"), HasSubstr("is reserved for gRPC"));
  EXPECT_THAT(problems_of("x-user-id"), IsEmpty());
}

TEST(BalancerConfigTest, TableSizeIsAPrimeInRange) {
  EXPECT_EQ(ParseHash(R"({"tableSize": 3})").table_size, 3);
  EXPECT_EQ(ParseHash(R"({"tableSize": 5000011})").table_size, 5'000'011);
  EXPECT_THAT(Problems(R"({"hash": {"tableSize": 2}})"), HasSubstr("out of range"));
  EXPECT_THAT(Problems(R"({"hash": {"tableSize": 5000012}})"), HasSubstr("out of range"));
  EXPECT_THAT(Problems(R"({"hash": {"tableSize": 4295032833}})"), HasSubstr("out of range"));
  EXPECT_THAT(Problems(R"({"hash": {"tableSize": -3}})"), HasSubstr("out of range"));
}

TEST(BalancerConfigTest, IntegersAreWrittenAsSuch) {
  const auto problems_of = [](absl::string_view percent) {
    return Problems(absl::StrCat(R"({"panic": {"thresholdPercent": )", percent, "}}"));
  };

  EXPECT_THAT(problems_of("50"), IsEmpty());
  EXPECT_THAT(problems_of("\"50\""), IsEmpty());
  EXPECT_THAT(problems_of("50.0"), HasSubstr("50.0 is not an integer"));
  EXPECT_THAT(problems_of("5e1"), HasSubstr("5e1 is not an integer"));
  EXPECT_THAT(problems_of("\" 50\""), HasSubstr("\" 50\" is not an integer"));
  EXPECT_THAT(problems_of("\"0x10\""), HasSubstr("is not an integer"));
  EXPECT_THAT(problems_of("\"\""), HasSubstr("is not an integer"));
  EXPECT_THAT(problems_of("true"), HasSubstr("true is not an integer"));
  EXPECT_THAT(problems_of("null"), HasSubstr("null is not an integer"));
  EXPECT_THAT(problems_of("[50]"), HasSubstr("an array is not an integer"));
  EXPECT_THAT(problems_of("99999999999999999999"), HasSubstr("out of range"));
}

TEST(BalancerConfigTest, OutlierDetectionIsRead) {
  const OutlierDetectionConfig config = Parse(R"({"outlierDetection": {
      "interval": "0.01s", "baseEjectionTime": "1.5s", "maxEjectionTime": "60s",
      "maxEjectionPercent": 100, "consecutiveFailures": 0}})")
                                            .outlier_detection;

  EXPECT_EQ(config.interval, absl::Milliseconds(10));
  EXPECT_EQ(config.base_ejection_time, absl::Milliseconds(1500));
  EXPECT_EQ(config.max_ejection_time, absl::Seconds(60));
  EXPECT_EQ(config.max_ejection_percent, 100);
  EXPECT_EQ(config.consecutive_failures, 0);
}

TEST(BalancerConfigTest, DurationsAreInRange) {
  EXPECT_THAT(Problems(R"({"outlierDetection": {"interval": "0.009s"}})"),
              HasSubstr("\"0.009s\" is out of range; allowed: a duration in [\"0.01s\", "));
  EXPECT_THAT(Problems(R"({"outlierDetection": {"interval": "86401s"}})"),
              HasSubstr("out of range"));
  EXPECT_THAT(Problems(R"({"outlierDetection": {"interval": "1ms"}})"),
              HasSubstr("\"1ms\" is not a duration"));
}

TEST(BalancerConfigTest, LongestEjectionIsAtLeastTheFirst) {
  EXPECT_EQ(Parse(R"({"outlierDetection": {"baseEjectionTime": "600s"}})")
                .outlier_detection.max_ejection_time,
            absl::Seconds(600));
  EXPECT_EQ(Problems(R"({"outlierDetection": {"maxEjectionTime": "4s"}})"),
            "nines.outlierDetection.maxEjectionTime: \"4s\" is out of range; allowed: at least "
            "baseEjectionTime, \"5s\"");
}

TEST(BalancerConfigTest, PanicIsRead) {
  const PanicConfig config = Parse(R"({"panic": {"thresholdPercent": 0, "mode": "FAIL"}})").panic;

  EXPECT_EQ(config.threshold_percent, 0);
  EXPECT_EQ(config.mode, PanicConfig::Mode::kFail);
  EXPECT_EQ(Parse(R"({"panic": {"mode": "ANY"}})").panic.mode, PanicConfig::Mode::kAny);
  EXPECT_EQ(Problems(R"({"panic": {"mode": "any"}})"),
            "nines.panic.mode: \"any\" is not a mode; allowed: \"ANY\", \"FAIL\"");
}

}  // namespace
}  // namespace nines

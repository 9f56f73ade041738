// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "nines/config.h"

namespace nines {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// What a client on machine "m1" that drew 42 gets, or why it gets nothing.
std::string Choose(const std::string& choices) {
  const absl::StatusOr<std::string> chosen =
      ChooseServiceConfig(choices, {.hostname = "m1", .percentile = 42});
  return chosen.ok() ? *chosen : chosen.status().ToString();
}

TEST(ServiceConfigChoiceTest, AChoiceForAllIsTaken) {
  EXPECT_EQ(Choose(R"([{"serviceConfig": {"a": 1}}])"), R"({"a": 1})");
}

TEST(ServiceConfigChoiceTest, TheTextIsTakenAsItIs) {
  EXPECT_EQ(Choose(R"([{"serviceConfig":{"a}\"":["]", {}], "b":"\\"}, "percentage":100}])"),
            R"({"a}\"":["]", {}], "b":"\\"})");
}

TEST(ServiceConfigChoiceTest, TheFirstThatFitsIsTaken) {
  EXPECT_EQ(Choose(R"([{"clientLanguage": ["go", "java"], "serviceConfig": {"a": 1}},
                       {"clientLanguage": ["go", "C++"], "serviceConfig": {"a": 2}},
                       {"serviceConfig": {"a": 3}}])"),
            R"({"a": 2})");
}

TEST(ServiceConfigChoiceTest, APercentageIsOfThoseWhoDrewLess) {
  EXPECT_EQ(Choose(R"([{"percentage": 42, "serviceConfig": {"a": 1}},
                       {"percentage": 43, "serviceConfig": {"a": 2}}])"),
            R"({"a": 2})");
}

TEST(ServiceConfigChoiceTest, AHostnameIsWhole) {
  EXPECT_EQ(Choose(R"([{"clientHostname": ["m", "m11"], "serviceConfig": {"a": 1}},
                       {"clientHostname": ["m2", "m1"], "serviceConfig": {"a": 2}}])"),
            R"({"a": 2})");
}

TEST(ServiceConfigChoiceTest, AllConditionsMustHold) {
  EXPECT_EQ(Choose(R"([{"clientLanguage": ["c++"], "clientHostname": ["m2"],
                        "serviceConfig": {"a": 1}}])"),
            "");
}

TEST(ServiceConfigChoiceTest, NobodysChoiceIsNone) { EXPECT_EQ(Choose("[]"), ""); }

TEST(ServiceConfigChoiceTest, EveryProblemIsTold) {
  EXPECT_THAT(Choose(R"([{"percentage": 101, "serviceConfig": {}}, 7,
                         {"clientLanguage": "c++", "serviceConfig": []}, {"percentage": 1}])"),
              AllOf(HasSubstr("INVALID_ARGUMENT"), HasSubstr("[0].percentage"), HasSubstr("[1]"),
                    HasSubstr("[2].clientLanguage"), HasSubstr("[2].serviceConfig"),
                    HasSubstr("[3].serviceConfig")));
}

TEST(ServiceConfigChoiceTest, WhatIsNoJsonIsRefused) {
  EXPECT_THAT(Choose("[{]"), HasSubstr("not JSON: line 1, column 3"));
}

}  // namespace
}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/endpoint_file.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

// Addresses are lower-case words here.
absl::StatusOr<std::string> ParseWord(absl::string_view text) {
  if (text.empty()) return absl::InvalidArgumentError("no word");
  return absl::AsciiStrToLower(text);
}

absl::StatusOr<EndpointList> Parse(absl::string_view json) {
  return ParseEndpointFile(json, ParseWord);
}

// One line each.
std::vector<std::string> Problems(absl::string_view json) {
  const absl::StatusOr<EndpointList> endpoints = Parse(json);
  if (endpoints.ok()) return {"none"};
  EXPECT_EQ(endpoints.status().code(), absl::StatusCode::kInvalidArgument);
  return absl::StrSplit(endpoints.status().message(), '\n');
}

TEST(EndpointFileTest, AnAddressIsEnough) {
  const absl::StatusOr<EndpointList> endpoints = Parse(R"([{"address": "B"}, {"address": "a"}])");

  ASSERT_TRUE(endpoints.ok()) << endpoints.status();
  EXPECT_THAT(*endpoints, ElementsAre(Endpoint{"b", 1, "", 0}, Endpoint{"a", 1, "", 0}));
}

TEST(EndpointFileTest, AnEndpointHasWeightTierAndHashKey) {
  const absl::StatusOr<EndpointList> endpoints =
      Parse(R"([{"address": "a", "weight": 65535, "tier": 2, "hash_key": "shard-7"}])");

  ASSERT_TRUE(endpoints.ok()) << endpoints.status();
  EXPECT_THAT(*endpoints, ElementsAre(Endpoint{"a", 65535, "shard-7", 2}));
}

TEST(EndpointFileTest, AnEndpointHasAZoneAndAttributes) {
  const absl::StatusOr<EndpointList> endpoints = Parse(
      R"([{"address": "a", "zone": "eu-1a", "attributes": {"rack": "7", "note": "", "é": "ü"}}])");

  ASSERT_TRUE(endpoints.ok()) << endpoints.status();
  ASSERT_THAT(*endpoints, SizeIs(1));
  EXPECT_EQ(endpoints->front().zone, "eu-1a");
  EXPECT_THAT(endpoints->front().attributes,
              ElementsAre(Pair("note", ""), Pair("rack", "7"), Pair("é", "ü")));
}

TEST(EndpointFileTest, TheListMayStandInAnObject) {
  const absl::StatusOr<EndpointList> endpoints = Parse(R"({"endpoints": [{"address": "a"}]})");

  ASSERT_TRUE(endpoints.ok()) << endpoints.status();
  EXPECT_THAT(*endpoints, SizeIs(1));
}

TEST(EndpointFileTest, AnEmptyListIsOne) {
  const absl::StatusOr<EndpointList> endpoints = Parse("[]");

  ASSERT_TRUE(endpoints.ok()) << endpoints.status();
  EXPECT_THAT(*endpoints, IsEmpty());
}

TEST(EndpointFileTest, WhatIsNoJsonIsSaidWithItsPlace) {
  EXPECT_THAT(Problems("[\n  {\"address\": \"a\"},\n]"),
              ElementsAre(HasSubstr("endpoint file: not JSON: line 3, column 1: ")));
  EXPECT_THAT(Problems(""), ElementsAre(HasSubstr("endpoint file: not JSON: line 1, column 1: ")));
}

TEST(EndpointFileTest, EachProblemHasItsLineColumnAndPath) {
  EXPECT_THAT(
      Problems("{\"endpoints\": [\n"
               "  {\"address\": \"a\", \"weight\": 0},\n"
               "  {\"address\" : \"\" , \"tier\": 65536},\n"
               "  {\"weight\":1,\"hash_key\":\"\"}, 7 ,\n"
               "  {\"address\": \"A\"}]}"),
      ElementsAre("line 2, column 30: endpoints[0].weight: 0 is out of range; allowed: an integer "
                  "in [1, 65535]",
                  "line 3, column 16: endpoints[1].address: no word",
                  "line 3, column 29: endpoints[1].tier: 65536 is out of range; allowed: an "
                  "integer in [0, 65535]",
                  "line 4, column 3: endpoints[2].address: is missing, and required",
                  "line 4, column 26: endpoints[2].hash_key: has 0 bytes; allowed: a string of 1 "
                  "to 256 bytes",
                  "line 4, column 31: endpoints[3]: 7 is not an object; allowed: an object",
                  "line 5, column 15: endpoints[4].address: a stands already at "
                  "endpoints[0].address"));
}

TEST(EndpointFileTest, PlacesAreRightBehindEveryKindOfValue) {
  EXPECT_THAT(
      Problems("[1.5,true,null,\"\\u00e9\",[],{}\n,[[2],{\"a\":3}]\t, 4]"),
      ElementsAre(HasSubstr("line 1, column 2: [0]: 1.5 is not an object"),
                  HasSubstr("line 1, column 6: [1]: "), HasSubstr("line 1, column 11: [2]"),
                  HasSubstr("line 1, column 16: [3]: "), HasSubstr("line 1, column 25: [4]"),
                  HasSubstr("line 1, column 28: [5].address: is missing"),
                  HasSubstr("line 2, column 2: [6]: an array is not an object"),
                  HasSubstr("line 2, column 18: [7]: 4 is not an object")));
}

TEST(EndpointFileTest, AKeyThatStandsTwiceIsAProblem) {
  EXPECT_THAT(Problems("[{\"address\": \"a\",\n\"address\": \"b\"}]"),
              ElementsAre("line 1, column 2: [0].address: stands more than once in its object"));
}

TEST(EndpointFileTest, WhatNobodyUsesIsRefused) {
  EXPECT_THAT(Problems(R"([{"address": "a", "wieght": 1}])"),
              ElementsAre(HasSubstr("[0].wieght: unknown field; did you mean weight?")));
  EXPECT_THAT(Problems(R"({"endpoints": [], "ttl": 1})"),
              ElementsAre(HasSubstr("line 1, column 26: ttl: unknown field")));
}

TEST(EndpointFileTest, TheRootIsAListOrHasOne) {
  EXPECT_THAT(Problems(R"("a")"),
              ElementsAre("line 1, column 1: endpoint file: \"a\" is not an array; allowed: an "
                          "array of endpoints, or an object with one"));
  EXPECT_THAT(Problems("{}"), ElementsAre("line 1, column 1: endpoints: is missing, and required"));
}

TEST(EndpointFileTest, AnAddressHasToBeAString) {
  EXPECT_THAT(Problems(R"([{"address": 80}])"),
              ElementsAre("line 1, column 14: [0].address: 80 is not a string; allowed: an "
                          "address"));
}

TEST(EndpointFileTest, AHashKeyHasItsLimit) {
  EXPECT_THAT(
      Problems(absl::StrCat(R"([{"address": "a", "hash_key": ")", std::string(256, 'x'), "\"}]")),
      ElementsAre("none"));
  EXPECT_THAT(
      Problems(absl::StrCat(R"([{"address": "a", "hash_key": ")", std::string(257, 'x'), "\"}]")),
      ElementsAre(HasSubstr("has 257 bytes")));
}

TEST(EndpointFileTest, ZoneAndAttributesAreStrings) {
  EXPECT_THAT(
      Problems(R"([{"address": "a", "zone": 7, "attributes": {"rack": 7}},
                   {"address": "b", "zone": "", "attributes": ["rack"]}])"),
      ElementsAre(
          EndsWith("[0].zone: 7 is not a string; allowed: a string of 1 to 256 bytes"),
          EndsWith("[0].attributes.rack: 7 is not a string; allowed: a string of 0 to 4096 bytes"),
          EndsWith("[1].zone: has 0 bytes; allowed: a string of 1 to 256 bytes"),
          EndsWith("[1].attributes: an array is not an object; allowed: an object")));
}

// An endpoint with these attributes.
std::string WithAttributes(absl::string_view members) {
  return absl::StrCat(R"([{"address": "a", "attributes": {)", members, "}}]");
}

std::string Attribute(size_t name_bytes, size_t bytes) {
  return absl::StrCat("\"", std::string(name_bytes, 'n'), "\": \"", std::string(bytes, 'v'), "\"");
}

TEST(EndpointFileTest, AttributesHaveTheirLimits) {
  EXPECT_THAT(Problems(WithAttributes(Attribute(256, 4096))), ElementsAre("none"));
  EXPECT_THAT(Problems(WithAttributes(Attribute(257, 4097))),
              ElementsAre(HasSubstr("its name has 257 bytes; allowed: 1 to 256"),
                          HasSubstr("has 4097 bytes; allowed: a string of 0 to 4096 bytes")));
  EXPECT_THAT(Problems(WithAttributes(Attribute(0, 1))),
              ElementsAre(HasSubstr("its name has 0 bytes; allowed: 1 to 256")));
}

TEST(EndpointFileTest, AnEndpointHasAtMost64Attributes) {
  std::vector<std::string> members;
  for (size_t i = 1; i <= 64; ++i) members.push_back(Attribute(i, 0));
  EXPECT_THAT(Problems(WithAttributes(absl::StrJoin(members, ","))), ElementsAre("none"));

  members.push_back(Attribute(65, 0));

  EXPECT_THAT(Problems(WithAttributes(absl::StrJoin(members, ","))),
              ElementsAre(EndsWith("[0].attributes: has 65 attributes; allowed: at most 64")));
}

TEST(EndpointFileTest, AFileHasItsLimit) {
  const std::string spaces(kMaxEndpointFileBytes - 2, ' ');

  EXPECT_THAT(Problems(absl::StrCat("[", spaces, "]")), ElementsAre("none"));
  EXPECT_THAT(Problems(absl::StrCat("[ ", spaces, "]")),
              ElementsAre("endpoint file: is 1048577 bytes long; allowed: at most 1048576"));
}

}  // namespace
}  // namespace nines

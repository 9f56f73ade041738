// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "nines/endpoint_file.h"
#include "support/fakes.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Addresses are lower-case words here.
absl::StatusOr<std::string> ParseWord(absl::string_view text) {
  if (text.empty()) return absl::InvalidArgumentError("no word");
  return absl::AsciiStrToLower(text);
}

// One line each.
std::vector<std::string> Problems(EndpointList endpoints) {
  const auto checked = CheckEndpointList(std::move(endpoints), ParseWord);
  if (checked.ok()) return {"none"};
  EXPECT_EQ(checked.status().code(), absl::StatusCode::kInvalidArgument);
  return absl::StrSplit(checked.status().message(), '\n');
}

// One endpoint at "a", changed by `change`.
template <typename Change>
EndpointList One(Change change) {
  EndpointList endpoints = EndpointsNamed({"a"});
  change(endpoints[0]);
  return endpoints;
}

TEST(EndpointListTest, AddressesBecomeNormal) {
  const auto checked = CheckEndpointList(EndpointsNamed({"B", "a"}), ParseWord);

  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(*checked, EndpointsNamed({"b", "a"}));
}

TEST(EndpointListTest, AnEmptyListIsOne) { EXPECT_THAT(Problems({}), ElementsAre("none")); }

TEST(EndpointListTest, EveryProblemIsSaidWithItsPlace) {
  EndpointList endpoints = EndpointsNamed({"a", "", "A"});
  endpoints[0].weight = 0;
  endpoints[1].weight = 65536;
  endpoints[2].tier = 65536;

  EXPECT_THAT(
      Problems(endpoints),
      ElementsAre("endpoints[0].weight: 0 is out of range; allowed: an integer in [1, 65535]",
                  "endpoints[1].address: no word",
                  "endpoints[1].weight: 65536 is out of range; allowed: an integer in [1, 65535]",
                  "endpoints[2].address: a stands already at endpoints[0]",
                  "endpoints[2].tier: 65536 is out of range; allowed: an integer in [0, 65535]"));
}

TEST(EndpointListTest, TextsHaveTheLimitsOfTheFile) {
  EXPECT_THAT(Problems(One([](Endpoint& endpoint) {
                endpoint.hash_key = std::string(256, 'k');
                endpoint.zone = std::string(256, 'z');
                endpoint.attributes[std::string(256, 'n')] = std::string(4096, 'v');
              })),
              ElementsAre("none"));
  EXPECT_THAT(
      Problems(One([](Endpoint& endpoint) {
        endpoint.hash_key = std::string(257, 'k');
        endpoint.zone = std::string(257, 'z');
        endpoint.attributes[""] = "";
        endpoint.attributes[std::string(257, 'n')] = std::string(4097, 'v');
      })),
      ElementsAre("endpoints[0].hash_key: has 257 bytes; allowed: at most 256",
                  "endpoints[0].zone: has 257 bytes; allowed: at most 256",
                  "endpoints[0].attributes: an attribute has no name",
                  "endpoints[0].attributes: a name: has 257 bytes; allowed: at most 256",
                  "endpoints[0].attributes: a value: has 4097 bytes; allowed: at most 4096"));
}

TEST(EndpointListTest, AnEndpointHasAtMost64Attributes) {
  EXPECT_THAT(Problems(One([](Endpoint& endpoint) {
                for (int i = 0; i < 65; ++i) endpoint.attributes[std::to_string(i)] = "";
              })),
              ElementsAre("endpoints[0].attributes: has 65 attributes; allowed: at most 64"));
}

}  // namespace
}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health_message.h"

#include <string>

#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace nines {
namespace {

std::string Bytes(std::initializer_list<unsigned char> bytes) {
  return std::string(bytes.begin(), bytes.end());
}

ServingStatus Decode(std::initializer_list<unsigned char> bytes) {
  const absl::StatusOr<ServingStatus> status = DecodeHealthCheckResponse(Bytes(bytes));
  EXPECT_TRUE(status.ok()) << status.status();
  return status.value_or(ServingStatus::kUnknown);
}

TEST(HealthRequestTest, NamesTheService) {
  EXPECT_EQ(EncodeHealthCheckRequest("ab"), Bytes({0x0a, 2, 'a', 'b'}));
}

TEST(HealthRequestTest, TheWholeServerHasNoName) { EXPECT_EQ(EncodeHealthCheckRequest(""), ""); }

TEST(HealthRequestTest, ALongNameHasALongLength) {
  const std::string name(300, 'x');

  EXPECT_EQ(EncodeHealthCheckRequest(name), absl::StrCat(Bytes({0x0a, 0xac, 0x02}), name));
}

TEST(HealthResponseTest, TheStatusIsRead) {
  EXPECT_EQ(Decode({0x08, 1}), ServingStatus::kServing);
  EXPECT_EQ(Decode({0x08, 2}), ServingStatus::kNotServing);
  EXPECT_EQ(Decode({0x08, 3}), ServingStatus::kServiceUnknown);
}

TEST(HealthResponseTest, NothingMeansUnknown) {
  EXPECT_EQ(Decode({}), ServingStatus::kUnknown);
  EXPECT_EQ(Decode({0x08, 0}), ServingStatus::kUnknown);
}

TEST(HealthResponseTest, AStatusOfTheFutureIsUnknown) {
  EXPECT_EQ(Decode({0x08, 4}), ServingStatus::kUnknown);
  EXPECT_EQ(Decode({0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}),
            ServingStatus::kUnknown);
}

TEST(HealthResponseTest, TheLastStatusCounts) {
  EXPECT_EQ(Decode({0x08, 2, 0x08, 1}), ServingStatus::kServing);
}

TEST(HealthResponseTest, FieldsOfTheFutureArePassedOver) {
  EXPECT_EQ(Decode({0x10, 0x96, 0x01,                      // 2: varint
                    0x1a, 2,    'h',  'i',                 // 3: bytes
                    0x21, 0,    0,    0,   0, 0, 0, 0, 0,  // 4: 64 bits
                    0x2d, 0,    0,    0,   0,              // 5: 32 bits
                    0x0a, 1,    'x',                       // 1, but of another type
                    0x08, 1}),
            ServingStatus::kServing);
}

class MalformedResponseTest : public ::testing::TestWithParam<std::string> {};

TEST_P(MalformedResponseTest, IsAnInvalidArgument) {
  EXPECT_EQ(DecodeHealthCheckResponse(GetParam()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(
    Responses, MalformedResponseTest,
    ::testing::Values(Bytes({0x08}), Bytes({0x08, 0x80}), Bytes({0x80}), Bytes({0x00}),
                      Bytes({0x1a, 3, 'h', 'i'}), Bytes({0x1a, 0xff, 0xff, 0xff, 0xff, 0x0f}),
                      Bytes({0x21, 0}), Bytes({0x2d, 0}), Bytes({0x0b}), Bytes({0x0c}),
                      Bytes({0x0f}), std::string(11, '\xff'), "HTTP/1.1 200 OK"),
    [](const auto& instance) { return absl::StrCat("number", instance.index); });

}  // namespace
}  // namespace nines

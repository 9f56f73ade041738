// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "srv_reply.h"

#include <cstdint>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace nines {
namespace {

using ::testing::SizeIs;

std::string Number16(uint32_t number) {
  return {static_cast<char>(number >> 8), static_cast<char>(number)};
}

std::string Number32(uint32_t number) { return Number16(number >> 16) + Number16(number); }

// Labels without the end: "\1a\4test".
std::string Label(const std::string& text) { return static_cast<char>(text.size()) + text; }

const std::string kRoot(1, '\0');
const std::string kQuestionName = Label("_a") + Label("_tcp") + Label("test") + kRoot;  // at 12
const std::string kPointerToQuestion = "\xc0\x0c";
const std::string kPointerToTest = "\xc0\x14";  // 12 + 3 + 5

std::string Header(int answers) {
  return "id\x81\x80" + Number16(1) + Number16(static_cast<uint32_t>(answers)) + Number32(0) +
         kQuestionName + Number16(33) + Number16(1);
}

std::string Record(uint32_t type, uint32_t ttl, const std::string& data) {
  return kPointerToQuestion + Number16(type) + Number16(1) + Number32(ttl) +
         Number16(static_cast<uint32_t>(data.size())) + data;
}

std::string SrvData(uint32_t priority, uint32_t weight, uint32_t port, const std::string& host) {
  return Number16(priority) + Number16(weight) + Number16(port) + host;
}

TEST(SrvReplyTest, HasTheRecordsAndTheirLeastTtl) {
  const absl::StatusOr<SrvReply> reply = ParseSrvReply(
      Header(2) + Record(33, 300, SrvData(1, 2, 8080, Label("Host1") + kPointerToTest)) +
      Record(33, 60, SrvData(65535, 256, 443, Label("b") + Label("x") + kRoot)));

  ASSERT_TRUE(reply.ok()) << reply.status();
  ASSERT_THAT(reply->records, SizeIs(2));
  EXPECT_EQ(reply->records[0].priority, 1);
  EXPECT_EQ(reply->records[0].weight, 2);
  EXPECT_EQ(reply->records[0].port, 8080);
  EXPECT_EQ(reply->records[0].host, "host1.test");
  EXPECT_EQ(reply->records[1].priority, 65535);
  EXPECT_EQ(reply->records[1].weight, 256);
  EXPECT_EQ(reply->records[1].port, 443);
  EXPECT_EQ(reply->records[1].host, "b.x");
  EXPECT_EQ(reply->ttl, absl::Seconds(60));
}

TEST(SrvReplyTest, AnAliasShortensTheTtl) {
  const absl::StatusOr<SrvReply> reply =
      ParseSrvReply(Header(2) + Record(5, 7, Label("other") + kRoot) +
                    Record(33, 300, SrvData(0, 0, 1, Label("a") + kRoot)));

  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->ttl, absl::Seconds(7));
}

TEST(SrvReplyTest, OtherRecordsArePassedOver) {
  const absl::StatusOr<SrvReply> reply =
      ParseSrvReply(Header(2) + Record(1, 1, "\x7f\x01\x02\x03") +
                    Record(33, 300, SrvData(0, 0, 1, Label("a") + kRoot)) + "additional");

  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_THAT(reply->records, SizeIs(1));
  EXPECT_EQ(reply->ttl, absl::Seconds(300));
}

TEST(SrvReplyTest, TheRootIsAnEmptyHost) {
  const absl::StatusOr<SrvReply> reply =
      ParseSrvReply(Header(1) + Record(33, 1, SrvData(0, 0, 1, kRoot)));

  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->records[0].host, "");
}

TEST(SrvReplyTest, ATtlWithTheHighestBitIsZero) {
  const absl::StatusOr<SrvReply> reply =
      ParseSrvReply(Header(1) + Record(33, 0x80000001, SrvData(0, 0, 1, Label("a") + kRoot)));

  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->ttl, absl::ZeroDuration());
}

TEST(SrvReplyTest, NoRecordIsNotFound) {
  EXPECT_EQ(ParseSrvReply(Header(0)).status().code(), absl::StatusCode::kNotFound);
}

TEST(SrvReplyTest, EveryTruncationIsMalformed) {
  const std::string whole =
      Header(1) + Record(33, 300, SrvData(1, 2, 8080, Label("a") + kPointerToTest));

  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(ParseSrvReply(whole.substr(0, size)).status().code(), absl::StatusCode::kUnavailable)
        << size;
  }
}

TEST(SrvReplyTest, APointerThatDoesNotGoBackIsMalformed) {
  const std::string before = Header(1);
  const auto here = static_cast<uint32_t>(before.size());

  EXPECT_EQ(ParseSrvReply(before + Number16(0xc000 | here) + Number32(0) + Number32(0) + "xx")
                .status()
                .code(),
            absl::StatusCode::kUnavailable);
}

TEST(SrvReplyTest, ANameThatIsTooLongIsMalformed) {
  std::string name;
  for (int i = 0; i < 5; ++i) name += Label(std::string(63, 'a'));

  EXPECT_EQ(
      ParseSrvReply(Header(1) + Record(33, 1, SrvData(0, 0, 1, name + kRoot))).status().code(),
      absl::StatusCode::kUnavailable);
}

TEST(SrvReplyTest, DataOfAnotherSizeThanSaidIsMalformed) {
  EXPECT_EQ(ParseSrvReply(Header(1) + Record(33, 1, SrvData(0, 0, 1, Label("a") + kRoot) + "more"))
                .status()
                .code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace nines

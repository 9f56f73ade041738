// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "txt_reply.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace nines {
namespace {

using ::testing::ElementsAre;

// A message with `answers` records, which follow; no question.
std::string Message(int answers, const std::string& records) {
  return std::string("\0\0\x81\x80\0\0\0", 7) + static_cast<char>(answers) +
         std::string("\0\0\0\0", 4) + records;
}

// A record of the root, with a TTL of less than 256 s.
std::string Record(int type, int ttl, const std::string& data) {
  return std::string("\0\0", 2) + static_cast<char>(type) + std::string("\0\1\0\0\0", 5) +
         static_cast<char>(ttl) + '\0' + static_cast<char>(data.size()) + data;
}

constexpr int kTxt = 16;
constexpr int kCname = 5;

TEST(TxtReplyTest, JoinsTheStringsOfARecord) {
  const auto reply =
      ParseTxtReply(Message(2, Record(kTxt, 30, "\3abc\2de") + Record(kTxt, 20, "\1f")));

  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_THAT(reply->texts, ElementsAre("abcde", "f"));
  EXPECT_EQ(reply->ttl, absl::Seconds(20));
}

TEST(TxtReplyTest, AnAliasCountsForTheTtl) {
  const auto reply =
      ParseTxtReply(Message(2, Record(kCname, 5, std::string(1, '\0')) + Record(kTxt, 30, "\1a")));

  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->ttl, absl::Seconds(5));
}

TEST(TxtReplyTest, AnEmptyRecordIsAnEmptyText) {
  EXPECT_THAT(ParseTxtReply(Message(1, Record(kTxt, 30, "")))->texts, ElementsAre(""));
}

TEST(TxtReplyTest, OtherRecordsAreNone) {
  EXPECT_EQ(ParseTxtReply(Message(1, Record(1, 30, "abcd"))).status().code(),
            absl::StatusCode::kNotFound);
}

TEST(TxtReplyTest, AStringBeyondItsRecordIsMalformed) {
  EXPECT_EQ(ParseTxtReply(Message(1, Record(kTxt, 30, "\4abc"))).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST(TxtReplyTest, WhatEndsEarlyIsMalformed) {
  const std::string whole = Message(1, Record(kTxt, 30, "\3abc"));
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(ParseTxtReply(whole.substr(0, size)).status().code(), absl::StatusCode::kUnavailable)
        << size;
  }
}

}  // namespace
}  // namespace nines

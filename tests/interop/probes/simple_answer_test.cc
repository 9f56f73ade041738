// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "simple_answer.h"

#include <string>

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace nines {
namespace {

using Kind = SimpleAnswer::Kind;

Kind KindOf(const std::string& bytes) { return ReadSimpleAnswer(bytes).kind; }

TEST(SimpleAnswerTest, AnAnswerOfKnownLengthIsWhole) {
  const SimpleAnswer answer =
      ReadSimpleAnswer("HTTP/1.1 503 Oops\r\nServer: x\r\ncontent-length:  2 \r\n\r\nno");

  EXPECT_EQ(answer.kind, Kind::kWhole);
  EXPECT_EQ(answer.status, 503);
}

TEST(SimpleAnswerTest, AChunkedAnswerIsWhole) {
  EXPECT_EQ(KindOf("HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "5\r\nhello\r\n0A\r\n0123456789\r\n0\r\n\r\n"),
            Kind::kWhole);
}

TEST(SimpleAnswerTest, AnswersWithoutBodyNeedNoLength) {
  EXPECT_EQ(KindOf("HTTP/1.1 204 No Content\r\n\r\n"), Kind::kWhole);
  EXPECT_EQ(KindOf("HTTP/1.1 304 Not Modified\r\nContent-Length: 12\r\n\r\n"), Kind::kWhole);
}

TEST(SimpleAnswerTest, EachPrefixIsIncomplete) {
  for (const std::string whole :
       {"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 4\r\n\r\nwell",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwell\r\n0\r\n\r\n"}) {
    ASSERT_EQ(KindOf(whole), Kind::kWhole);
    for (size_t size = 0; size < whole.size(); ++size) {
      ASSERT_EQ(KindOf(whole.substr(0, size)), Kind::kIncomplete) << whole.substr(0, size);
    }
    EXPECT_EQ(KindOf(whole + "x"), Kind::kNotSimple);
  }
}

class NotSimpleTest : public ::testing::TestWithParam<std::string> {};

TEST_P(NotSimpleTest, IsRefused) { EXPECT_EQ(KindOf(GetParam()), Kind::kNotSimple); }

INSTANTIATE_TEST_SUITE_P(
    Heads, NotSimpleTest,
    ::testing::Values("\r\n\r\n", "SSH-2.0\r\n\r\n", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
                      "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Hints\r\n\r\n",
                      "HTTP/1.1 600 OK\r\nContent-Length: 0\r\n\r\n",
                      "HTTP/1.1 20\r\nContent-Length: 0\r\n\r\n",
                      "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n",
                      "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: upgrade\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nUpgrade: h2c\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n folded\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nnonsense\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n: x\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n"),
    [](const auto& instance) { return absl::StrCat("number", instance.index); });

class NotSimpleChunksTest : public ::testing::TestWithParam<std::string> {};

TEST_P(NotSimpleChunksTest, AreRefused) {
  EXPECT_EQ(
      KindOf(absl::StrCat("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", GetParam())),
      Kind::kNotSimple);
}

INSTANTIATE_TEST_SUITE_P(Bodies, NotSimpleChunksTest,
                         ::testing::Values("zz\r\n", "\r\n", "-1\r\n", "0x1\r\n",
                                           "1;a=b\r\nx\r\n0\r\n\r\n", "1\r\nxy\r\n0\r\n\r\n",
                                           "0\r\nTrailer: x\r\n\r\n", "123456789", "ffffffff\r\n"),
                         [](const auto& instance) {
                           return absl::StrCat("number", instance.index);
                         });

}  // namespace
}  // namespace nines

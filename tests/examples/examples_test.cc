// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// The examples, as processes, against real servers on loopback of which one is not there.

#include <sys/wait.h>

#include <cstdio>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "support/scripted_server.h"

namespace nines {
namespace {

using ::testing::HasSubstr;

struct Ended {
  int exit_status = -1;
  std::string output;
};

Ended RunExample(const std::string& command) {
  Ended ended;
  FILE* pipe = popen((std::string(NINES_EXAMPLES_DIR "/") + command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return ended;
  char buffer[256];
  while (std::fgets(buffer, sizeof(buffer), pipe) != nullptr) ended.output += buffer;
  ended.exit_status = WEXITSTATUS(pclose(pipe));
  return ended;
}

ScriptedServer::Script Http(const std::string& status, const std::string& body) {
  ScriptedServer::Script script;
  script.answer = absl::StrCat("HTTP/1.1 ", status, "\r\nContent-Length: ", body.size(),
                               "\r\nConnection: close\r\n\r\n", body);
  return script;
}

// Nobody listens there: 127.0.0.9 is a loopback address that no test uses.
constexpr char kNobody[] = "127.0.0.9:1";

TEST(HttpClientTest, PrintsTheBodyThoughServersFail) {
  ScriptedServer failing(Http("500 Oh", "no"));
  ScriptedServer well(Http("200 OK", "hello"));

  for (int i = 0; i < 5; ++i) {
    const Ended ended = RunExample(absl::StrCat("http_client static:///", kNobody, ",",
                                                failing.address(), ",", well.address(), " /x"));
    EXPECT_EQ(ended.exit_status, 0);
    EXPECT_EQ(ended.output, "hello");
  }
}

TEST(HttpClientTest, SaysWhatItTried) {
  const Ended ended = RunExample(absl::StrCat("http_client static:///", kNobody, " /"));

  EXPECT_EQ(ended.exit_status, 1);
  EXPECT_THAT(ended.output, HasSubstr(absl::StrCat("tried ", kNobody, ": UNAVAILABLE")));
}

TEST(HttpClientTest, LeavesAnAnswerThatIsTheCallersFaultAlone) {
  ScriptedServer server(Http("404 Not Found", "?"));

  const Ended ended = RunExample(absl::StrCat("http_client static:///", server.address(), " /"));

  EXPECT_EQ(ended.exit_status, 1);
  EXPECT_EQ(ended.output, "FAILED_PRECONDITION: the server answered 404\n");
  EXPECT_EQ(server.connections(), 1);
}

TEST(OwnEventLoopTest, AnswersAllRequestsThoughAServerIsMissing) {
  ScriptedServer a(Http("200 OK", "a"));
  ScriptedServer b(Http("200 OK", "b"));

  const Ended ended = RunExample(absl::StrCat("own_event_loop static:///", kNobody, ",",
                                              a.address(), ",", b.address(), " 16"));

  EXPECT_EQ(ended.exit_status, 0);
  EXPECT_EQ(ended.output, "16 of 16 requests answered\n");
}

TEST(OwnEventLoopTest, EndsWhenNobodyAnswers) {
  const Ended ended = RunExample(absl::StrCat("own_event_loop static:///", kNobody, " 3"));

  EXPECT_EQ(ended.exit_status, 1);
  EXPECT_EQ(ended.output, "0 of 3 requests answered\n");
}

}  // namespace
}  // namespace nines

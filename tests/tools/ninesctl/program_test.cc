// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What every command has: help, version, the exit statuses, wrong use, output that fails.

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ninesctl_process.h"

namespace nines::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

TEST(NinesctlTest, SaysItsVersion) {
  const Ran ran = RunNinesctl({"--version"});

  EXPECT_EQ(ran.exit_status, 0);
  EXPECT_EQ(ran.out, "ninesctl " NINES_VERSION "\n");
}

TEST(NinesctlTest, HelpsWithEveryCommandThatWorks) {
  const Ran ran = RunNinesctl({"--help"});

  EXPECT_EQ(ran.exit_status, 0);
  EXPECT_THAT(ran.out, HasSubstr("check"));
  EXPECT_THAT(ran.out, HasSubstr("resolve"));
  EXPECT_THAT(ran.out, Not(HasSubstr("drain")));
}

/// Arguments that ask nothing, and what must be said of them.
struct WrongUse {
  std::vector<std::string> args;
  std::string message;
};

class WrongUseTest : public ::testing::TestWithParam<WrongUse> {};

TEST_P(WrongUseTest, EndsWithTwoAndSaysWhatIsWrong) {
  const Ran ran = RunNinesctl(GetParam().args);

  EXPECT_EQ(ran.exit_status, 2);
  EXPECT_THAT(ran.out, IsEmpty());
  EXPECT_THAT(ran.err, StartsWith("ninesctl"));
  EXPECT_THAT(ran.err, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Program, WrongUseTest,
    ::testing::Values(
        WrongUse{{}, "ninesctl: a command is missing; allowed: check, resolve, probe, explain"},
        WrongUse{{"chekc", "x"},
                 "\"chekc\" is not a command; allowed: check, resolve, probe, explain"},
        WrongUse{{"--jsonn"}, "Run with --help"}, WrongUse{{"check"}, "CONFIG is required"},
        WrongUse{{"check", "a", "b"}, "ninesctl check: "},
        WrongUse{{"check", "/nonexistent/x.json"},
                 "/nonexistent/x.json: cannot be read: No such file"},
        WrongUse{{"check", "/"}, "/: cannot be read"},
        WrongUse{{"check", "--wrong", "x"}, "--wrong"}, WrongUse{{"resolve"}, "TARGET is required"},
        WrongUse{{"resolve", "ftp:///x"}, "scheme 'ftp' is not known; allowed: dns, file"},
        WrongUse{{"resolve", "static:///x"}, "static:///x: "},
        WrongUse{{"resolve", "static:///127.0.0.1:1", "--timeout", "5"},
                 "--timeout: \"5\" is not a time; allowed: more than 0 and at most 1h"},
        WrongUse{{"resolve", "static:///127.0.0.1:1", "--timeout", "-1s"}, "\"-1s\""}));

INSTANTIATE_TEST_SUITE_P(
    NotYet, WrongUseTest,
    ::testing::Values(WrongUse{{"status"}, "ninesctl status: not supported yet"},
                      WrongUse{{"drain", "127.0.0.1:1"}, "ninesctl drain: not supported yet"},
                      WrongUse{{"disable", "--json"}, "ninesctl disable: not supported yet"},
                      WrongUse{{"enable"}, "ninesctl enable: not supported yet"},
                      WrongUse{{"refresh"}, "ninesctl refresh: not supported yet"}));

TEST(NinesctlTest, AnAnswerThatCannotBeWrittenIsNotGood) {
  const Ran ran = RunScript("exec \"$NINESCTL\" resolve static:///127.0.0.1:1 >/dev/full");

  EXPECT_EQ(ran.exit_status, 1);
  EXPECT_EQ(ran.err, "ninesctl: the output cannot be written: No space left on device\n");
}

TEST(NinesctlTest, AClosedOutputIsSaidAndNothingElseIsWrittenTo) {
  const Ran ran = RunScript("exec \"$NINESCTL\" resolve static:///127.0.0.1:1 >&-");

  EXPECT_EQ(ran.exit_status, 1);
  EXPECT_EQ(ran.err, "ninesctl: the output cannot be written: Bad file descriptor\n");
}

// The first loop ends when the pipe has no reader any more.
TEST(NinesctlTest, AReaderThatHasReadEnoughIsNoFailure) {
  const Ran ran = RunScript(
      "{ (trap '' PIPE; while echo x 2>/dev/null; do :; done);"
      "  \"$NINESCTL\" resolve static:///127.0.0.1:1; echo $? >&2; } | true");

  EXPECT_EQ(ran.err, "0\n");
}

TEST(NinesctlTest, WritesNoColorsIntoAPipe) {
  const Ran ran = RunNinesctl({"resolve", "static:///127.0.0.1:1"});

  EXPECT_THAT(ran.out, Not(HasSubstr("\x1B")));
}

TEST(NinesctlTest, WritesColorsToATerminal) {
  const Ran ran = RunScript(
      "unset NO_COLOR; TERM=xterm script -qec \"$NINESCTL resolve static:///127.0.0.1:1\" "
      "/dev/null");

  EXPECT_THAT(ran.out, HasSubstr("\x1B[32m1 endpoint\x1B[0m"));
}

TEST(NinesctlTest, WritesNoColorsToATerminalThatWantsNone) {
  const Ran ran = RunScript(
      "NO_COLOR=1 TERM=xterm script -qec \"$NINESCTL resolve static:///127.0.0.1:1\" /dev/null");

  EXPECT_THAT(ran.out, HasSubstr("1 endpoint"));
  EXPECT_THAT(ran.out, Not(HasSubstr("\x1B[32m")));
}

}  // namespace
}  // namespace nines::ctl

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// The program as its users run it.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testbed/process.h"

namespace nines::bench {
namespace {

using testbed::ChildProcess;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr absl::Duration kPatience = absl::Seconds(100);

struct Ran {
  int exit_status = -1;
  std::string out;  // stderr, too
};

Ran RunBench(const std::vector<std::string>& args) {
  ChildProcess::Options options = {.args = {NINES_RETRY_BENCH},
                                   .stdout_to = ChildProcess::Stream::kPipe,
                                   .stderr_to = ChildProcess::Stream::kPipe};
  options.args.insert(options.args.end(), args.begin(), args.end());
  const auto child = ChildProcess::Start(options);
  EXPECT_TRUE(child.ok()) << child.status();
  if (!child.ok()) return {};
  Ran ran;
  for (auto line = (*child)->ReadLine(kPatience); line.ok(); line = (*child)->ReadLine(kPatience)) {
    absl::StrAppend(&ran.out, *line, "\n");
  }
  ran.exit_status = (*child)->Wait(kPatience).value_or(-1);
  return ran;
}

TEST(RetryBenchTest, NamesItsRowsWhenAskedForAnother) {
  const Ran ran = RunBench({"--rows=tial"});

  EXPECT_EQ(ran.exit_status, 2);
  EXPECT_THAT(ran.out, HasSubstr("'tial' is not known; allowed: cost, one_bad, outage, tail, "
                                 "deadline"));
}

TEST(RetryBenchTest, MeasuresARowAndReportsItsGoals) {
  const Ran ran = RunBench({"--rows=one_bad", "--trials=1"});

  EXPECT_EQ(ran.exit_status, 0) << ran.out;
  EXPECT_THAT(ran.out, StartsWith("measuring: one endpoint fails every call\n"));
  for (const int endpoints : {2, 3, 5, 10}) {
    EXPECT_THAT(ran.out, HasSubstr(absl::StrCat("1 bad of ", endpoints, ": failed of 100,000")));
  }
  EXPECT_THAT(ran.out, HasSubstr(" 0  <= 0       met"));
}

}  // namespace
}  // namespace nines::bench

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "summary.h"

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "script.h"

namespace nines::demo {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::SizeIs;

testbed::CallTally MakeTally(uint64_t succeeded, uint64_t failed) {
  testbed::CallTally tally;
  for (uint64_t i = 0; i < succeeded; ++i) tally.Add(::grpc::Status::OK, absl::Milliseconds(1));
  for (uint64_t i = 0; i < failed; ++i) {
    tally.Add(::grpc::Status(::grpc::UNAVAILABLE, ""), absl::Milliseconds(2));
  }
  return tally;
}

TEST(SummaryTest, AddsThePhasesUp) {
  const std::string text = RenderSummary(
      {{"one", MakeTally(10, 0), MakeTally(9, 1)}, {"two", MakeTally(10, 0), MakeTally(8, 2)}});

  EXPECT_THAT(text, HasSubstr("0 of 20 calls failed, availability 100.000 %"));
  EXPECT_THAT(text, HasSubstr("3 of 20 calls failed, availability 85.000 %"));
}

TEST(SummaryTest, FitsAnOrdinaryTerminal) {
  std::vector<PhaseResult> results;
  for (const Phase& phase : MakeScript()) {
    results.push_back({phase.title, MakeTally(3000, 0), MakeTally(2000, 1000)});
  }

  const std::vector<std::string> lines = absl::StrSplit(RenderSummary(results), '\n');

  EXPECT_THAT(lines, Each(SizeIs(Le(80u))));
}

}  // namespace
}  // namespace nines::demo

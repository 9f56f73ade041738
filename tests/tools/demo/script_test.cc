// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "script.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace nines::demo {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::Ge;
using ::testing::Le;

TEST(ScriptTest, LeavesTimeToStartWithinAMinute) {
  EXPECT_LE(TotalSeconds(MakeScript()), 50u);
  EXPECT_LE(TotalSeconds(MakeFastScript()), 15u);
}

TEST(ScriptTest, EveryFaultEndsWithinItsPhase) {
  std::vector<size_t> recovery_seconds;
  for (const std::vector<Phase>& script : {MakeScript(), MakeFastScript()}) {
    for (const Phase& phase : script) {
      recovery_seconds.push_back(phase.seconds - phase.fault_seconds);
    }
  }
  EXPECT_THAT(recovery_seconds, Each(AllOf(Ge(1u), Le(10u))));
}

}  // namespace
}  // namespace nines::demo

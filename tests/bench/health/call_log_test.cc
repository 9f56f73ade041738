// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "call_log.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace nines::bench {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

absl::Time At(int milliseconds) { return absl::UnixEpoch() + absl::Milliseconds(milliseconds); }

class CallLogTest : public ::testing::Test {
 protected:
  void Answer(int due, int latency, const std::string& backend) {
    log_.Add({At(due), At(due + latency), true, backend});
  }
  void Fail(int due, int latency) { log_.Add({At(due), At(due + latency), false}); }

  CallLog log_;
};

TEST_F(CallLogTest, APeriodHasItsBeginAndNotItsEnd) {
  Answer(100, 5, "b1");
  Answer(200, 5, "b1");
  Fail(300, 5);

  EXPECT_EQ(log_.Count({}), 3u);
  EXPECT_EQ(log_.Count({At(100), At(300)}), 2u);
  EXPECT_EQ(log_.CountFailed({At(100), At(300)}), 0u);
  EXPECT_EQ(log_.CountFailed({At(300), At(301)}), 1u);
}

TEST_F(CallLogTest, AShareIsOfTheAnsweredCalls) {
  EXPECT_EQ(log_.Share("b1", {}), 0);

  Answer(100, 5, "b1");
  Answer(110, 5, "b2");
  Answer(120, 5, "b2");
  Answer(130, 5, "b3");
  Fail(140, 5);

  EXPECT_EQ(log_.Share("b2", {}), 0.5);
  EXPECT_EQ(log_.Share("b2", {At(115), At(200)}), 0.5);
  EXPECT_EQ(log_.Share("b1", {At(115), At(200)}), 0);
}

TEST_F(CallLogTest, TheLastSlowCallIsTheOneThatWasDueLast) {
  EXPECT_FALSE(log_.LastSlowerThan(absl::Milliseconds(150), {}));

  Fail(120, 200);
  Answer(100, 200, "b1");
  Answer(300, 150, "b1");
  Answer(400, 900, "b1");

  EXPECT_EQ(log_.LastSlowerThan(absl::Milliseconds(150), {At(0), At(400)}), At(120));
  EXPECT_EQ(log_.LastSlowerThan(absl::Milliseconds(149), {At(0), At(400)}), At(300));
}

TEST_F(CallLogTest, TheFirstAnswerIsTheOneThatCameFirst) {
  Answer(90, 5, "b1");
  Answer(110, 50, "b1");
  Answer(120, 5, "b1");
  Answer(100, 1, "b2");

  EXPECT_EQ(log_.FirstAnswerOf("b1", {At(100)}), At(125));
  EXPECT_FALSE(log_.FirstAnswerOf("b3", {}));
}

TEST_F(CallLogTest, ASilenceBeginsWithTheAnswerBeforeIt) {
  Answer(2100, 5, "b1");  // they may come in any order
  Answer(100, 5, "b1");
  Answer(1050, 5, "b1");
  Answer(1500, 5, "b2");

  EXPECT_THAT(log_.SilencesOf("b1", absl::Seconds(1), {At(0), At(2500)}), ElementsAre(At(1055)));
  EXPECT_THAT(log_.SilencesOf("b1", absl::Seconds(2), {At(0), At(2500)}), IsEmpty());
}

TEST_F(CallLogTest, ASilenceMayLastToTheEnd) {
  Answer(100, 5, "b1");

  EXPECT_THAT(log_.SilencesOf("b1", absl::Seconds(1), {At(0), At(1105)}), ElementsAre(At(105)));
  EXPECT_THAT(log_.SilencesOf("b1", absl::Seconds(1), {At(0), At(1104)}), IsEmpty());
}

}  // namespace
}  // namespace nines::bench

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/query_of_death.h"

#include <algorithm>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "support/balancer_fixture.h"

namespace nines {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

const Outcome kFailed = MakeOutcome(absl::UnavailableError("socket closed"));

// Five endpoints, each of which has answered four hundred calls.
class QueryOfDeathTest : public BalancerFixture {
 protected:
  void SetUp() override {
    StartNamed({"a", "b", "c", "d", "e"});
    for (int i = 0; i < 2000; ++i) {
      CallOnce(absl::OkStatus(), absl::Milliseconds(1));
      loop_->Advance(absl::Milliseconds(1));
    }
  }

  // One more attempt of the call, which fails; on which endpoint.
  std::string FailOnce(CallMemory& memory) {
    PickResult result = balancer_->Pick({}, memory);
    Lease& lease = std::get<Picked>(result).lease;
    std::string address = lease.endpoint().address;
    lease.Report(kFailed, memory);
    return address;
  }

  // So many attempts that fail, with `meanwhile` after each.
  std::vector<std::string> FailTimes(int times, CallMemory& memory,
                                     const std::function<void(const std::string&)>& meanwhile) {
    std::vector<std::string> addresses;
    for (int i = 0; i < times; ++i) {
      addresses.push_back(FailOnce(memory));
      meanwhile(addresses.back());
    }
    return addresses;
  }

  void OthersAreAnswered() { CallTimes(5); }

  // One call to each endpoint, of which those to `bad` fail.
  void CallAll(const std::vector<std::string>& bad) {
    for (int i = 0; i < 5; ++i) {
      Lease lease = Hold();
      const bool fails = std::count(bad.begin(), bad.end(), lease.endpoint().address) != 0;
      lease.Report(fails ? kFailed : MakeOutcome(absl::OkStatus()));
    }
  }

  // Where a call goes on from there.
  static std::string After(const std::string& address) {
    return address == "e" ? "a" : std::string(1, static_cast<char>(address[0] + 1));
  }

  uint64_t Failures() {
    uint64_t failures = 0;
    for (const EndpointStatus& status : balancer_->Endpoints()) failures += status.failures;
    return failures;
  }
};

TEST_F(QueryOfDeathTest, ACallThatFailsWhereOthersAreAnsweredIsToBlame) {
  CallMemory memory;

  auto failed = FailTimes(2, memory, [&](const std::string&) { OthersAreAnswered(); });
  EXPECT_FALSE(memory.is_query_of_death());
  failed.push_back(FailOnce(memory));

  EXPECT_TRUE(memory.is_query_of_death());
  EXPECT_EQ(Failures(), 0u) << "it counts against none";
  EXPECT_EQ(recorder_->lines.back(), "query_of_death");
  EXPECT_THAT(recorder_->events.back().reason,
              HasSubstr("one call failed on " + absl::StrJoin(failed, ", ")));
}

TEST_F(QueryOfDeathTest, WhatItFailsOnLaterDoesNotCountEither) {
  CallMemory memory;
  FailTimes(3, memory, [&](const std::string&) { OthersAreAnswered(); });

  FailTimes(2, memory, [](const std::string&) {});

  EXPECT_EQ(Failures(), 0u);
}

TEST_F(QueryOfDeathTest, EndpointsThatFailOthersClearIt) {
  CallMemory memory;

  // As three of five that have just begun to fail all their calls.
  std::vector<std::string> bad;
  FailTimes(3, memory, [&](const std::string& address) {
    bad.push_back(address);
    CallAll(bad);
  });

  EXPECT_FALSE(memory.is_query_of_death());
  EXPECT_THAT(recorder_->lines, Not(Contains("query_of_death")));
}

TEST_F(QueryOfDeathTest, NobodyIsClearedByCallsOfBefore) {
  CallMemory memory;

  FailTimes(3, memory, [](const std::string&) {});

  EXPECT_FALSE(memory.is_query_of_death());
  EXPECT_EQ(Failures(), 3u);
}

TEST_F(QueryOfDeathTest, AnEndpointThatFailedAnotherCallJustBeforeClearsIt) {
  CallMemory memory;
  const auto failed = FailTimes(2, memory, [&](const std::string&) { OthersAreAnswered(); });
  const std::string third = After(failed.back());
  CallAll({third});

  ASSERT_EQ(FailOnce(memory), third);

  EXPECT_FALSE(memory.is_query_of_death());
}

TEST_F(QueryOfDeathTest, EndpointsThatFailNowAndThenClearIt) {
  for (int i = 0; i < 2000; ++i) {
    CallOnce(i % 20 < 5 && i / 20 % 5 == i % 5 ? absl::UnavailableError("busy") : absl::OkStatus());
    loop_->Advance(absl::Milliseconds(1));
  }
  const uint64_t before = Failures();
  ASSERT_GT(before, 50u);
  CallMemory memory;

  FailTimes(5, memory, [&](const std::string&) { OthersAreAnswered(); });

  EXPECT_FALSE(memory.is_query_of_death());
  EXPECT_EQ(Failures(), before + 5);
}

TEST_F(QueryOfDeathTest, ACallUnderWhichConnectionsAreLostIsToBlame) {
  CallMemory memory;

  FailTimes(2, memory, [&](const std::string& address) { Disconnect(address); });
  EXPECT_FALSE(memory.is_query_of_death());
  FailOnce(memory);

  EXPECT_TRUE(memory.is_query_of_death());
  EXPECT_EQ(Failures(), 0u);
}

// Also where few calls are made: a lost connection is no chance.
TEST_F(QueryOfDeathTest, LostConnectionsNeedNoHistory) {
  loop_->Advance(absl::Minutes(10));
  CallMemory memory;

  FailTimes(2, memory, [&](const std::string& address) { Disconnect(address); });
  FailOnce(memory);

  EXPECT_TRUE(memory.is_query_of_death());
}

TEST_F(QueryOfDeathTest, OfFewCallsNoneMayHaveFailedByLuck) {
  loop_->Advance(absl::Minutes(10));
  CallMemory memory;

  FailTimes(3, memory, [&](const std::string&) { OthersAreAnswered(); });

  EXPECT_FALSE(memory.is_query_of_death());
}

TEST_F(QueryOfDeathTest, AnEndpointThatIsGoneClearsIt) {
  CallMemory memory;
  const auto failed = FailTimes(2, memory, [&](const std::string&) { OthersAreAnswered(); });

  std::vector<std::string> left = {"a", "b", "c", "d", "e"};
  left.erase(std::find(left.begin(), left.end(), failed.front()));
  balancer_->Update(EndpointsNamed(left));
  FailOnce(memory);

  EXPECT_FALSE(memory.is_query_of_death());
}

// A thousand of them among five thousand good calls: without the guard, the sequential test alone
// would have its suspects.
TEST_F(QueryOfDeathTest, ManyOfThemEjectNobody) {
  for (int i = 0; i < 1000; ++i) {
    CallMemory memory;
    FailTimes(3, memory, [&](const std::string&) { OthersAreAnswered(); });
    loop_->Advance(absl::Milliseconds(5));
  }

  EXPECT_EQ(Failures(), 0u);
  for (const EndpointStatus& status : balancer_->Endpoints()) {
    EXPECT_EQ(status.state, HealthState::kHealthy) << status.endpoint.address;
  }
  EXPECT_EQ(std::count(recorder_->lines.begin(), recorder_->lines.end(), "query_of_death"), 1);
}

TEST_F(QueryOfDeathTest, AnEndpointOnTrialClearsIt) {
  CallMemory memory;
  const auto failed = FailTimes(2, memory, [&](const std::string&) { OthersAreAnswered(); });
  const std::string third = After(failed.back());
  for (int i = 0; i < 5; ++i) CallAll({third});
  ASSERT_EQ(StatusOf(third).state, HealthState::kEjected);
  loop_->Advance(absl::Seconds(5));
  ASSERT_EQ(StatusOf(third).state, HealthState::kDegraded);

  ASSERT_EQ(FailOnce(memory), third);

  EXPECT_FALSE(memory.is_query_of_death());
  EXPECT_EQ(StatusOf(third).state, HealthState::kEjected) << "the trial has failed";
}

TEST(CallMemoryTest, RemembersEachEndpointThatFailedOnce) {
  CallMemory memory;

  EXPECT_TRUE(memory.AddFailure({1, 10}));
  EXPECT_FALSE(memory.AddFailure({1, 20}));
  EXPECT_TRUE(memory.AddFailure({2, 30}));

  ASSERT_EQ(memory.failures().size(), 2u);
  EXPECT_EQ(memory.failures()[0].answered, 10u);
  EXPECT_EQ(memory.failures()[1].endpoint_id, 2u);
}

TEST(CallMemoryTest, ForgetsNoFailureForANewOne) {
  CallMemory memory;
  for (uint64_t id = 1; id <= CallMemory::kFailureCapacity; ++id) memory.AddFailure({id, 0});

  EXPECT_FALSE(memory.AddFailure({99, 0}));

  EXPECT_EQ(memory.failures().size(), CallMemory::kFailureCapacity);
}

}  // namespace
}  // namespace nines

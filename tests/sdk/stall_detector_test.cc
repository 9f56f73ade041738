// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/stall_detector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/endpoint_states.h"
#include "support/fakes.h"

namespace nines {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A detector with the defaults of the config, minimum time 50 ms, over endpoints "e0", "e1", …
class StallDetectorTest : public ::testing::Test {
 protected:
  void Start(int endpoints) {
    detector_.Configure(config_);
    table_.Merge(EndpointsNumbered(endpoints), MakeDeafState);
    Look();
  }

  // Ends what a test left outstanding.
  void TearDown() override {
    for (const auto& record : table_.records()) {
      while (record->state->in_flight() != 0) record->state->Unlease();
    }
  }

  EndpointState& State(size_t i) { return *table_.records()[i]->state; }

  void Begin(size_t endpoint, int calls) {
    for (int i = 0; i < calls; ++i) {
      ASSERT_EQ(State(endpoint).TryLease(0), EndpointState::Grant::kCall);
    }
  }
  void End(size_t endpoint, int calls) {
    for (int i = 0; i < calls; ++i) {
      State(endpoint).Report({EndpointState::Grant::kCall, State(endpoint).generation()},
                             MakeOutcome(absl::OkStatus(), absl::Milliseconds(1)));
    }
  }

  void GiveUp(size_t endpoint, int calls) {
    for (int i = 0; i < calls; ++i) {
      State(endpoint).Report({EndpointState::Grant::kCall, State(endpoint).generation()},
                             MakeOutcome(absl::CancelledError("no longer")));
    }
  }

  // The next look, a period after the last one.
  std::vector<Suspect> Look(absl::Duration later = absl::Milliseconds(25)) {
    now_ += later;
    return detector_.Look(table_.records(), absl::Milliseconds(1), now_);
  }

  // Looks while e0 answers its calls, until somebody is suspected; after how long.
  absl::Duration TimeUntilSuspicion() {
    const absl::Time begin = now_;
    while (suspects_.empty() && now_ < begin + absl::Seconds(10)) {
      Begin(0, 1);
      End(0, 1);
      suspects_ = Look();
    }
    return now_ - begin;
  }

  StallEjectionConfig config_;
  absl::Time now_ = absl::FromUnixSeconds(1000);
  EndpointTable table_;
  StallDetector detector_;
  std::vector<Suspect> suspects_;
};

TEST_F(StallDetectorTest, FindsWhoTakesCallsAndAnswersNone) {
  Start(3);
  Begin(1, 5);

  EXPECT_LE(TimeUntilSuspicion(), absl::Milliseconds(75));
  ASSERT_THAT(suspects_, SizeIs(1));
  EXPECT_EQ(suspects_[0].record->endpoint.address, "e1");
  EXPECT_THAT(suspects_[0].reason.ToString(),
              HasSubstr("5 calls are outstanding and none has ended for"));
}

TEST_F(StallDetectorTest, SparesWhoAnswersSome) {
  Start(2);
  Begin(1, 40);

  for (int i = 0; i < 40; ++i) {
    Begin(0, 1);
    End(0, 1);
    End(1, 1);
    EXPECT_THAT(Look(), IsEmpty());
  }
}

TEST_F(StallDetectorTest, CallsThatAreGivenUpAreNoProgress) {
  Start(2);
  const absl::Time begin = now_;
  while (suspects_.empty() && now_ < begin + absl::Seconds(1)) {
    Begin(0, 1);
    End(0, 1);
    Begin(1, 4);
    GiveUp(1, 1);
    suspects_ = Look();
  }

  ASSERT_THAT(suspects_, SizeIs(1));
  EXPECT_EQ(suspects_[0].record->endpoint.address, "e1");
  EXPECT_EQ(suspects_[0].record->stall.answered, absl::InfinitePast());
}

TEST_F(StallDetectorTest, StreamsThatLastAreNoStall) {
  Start(2);
  Begin(1, 10);
  Begin(1, 1);
  End(1, 1);  // the ten others began before this ended

  EXPECT_EQ(TimeUntilSuspicion(), absl::Seconds(10));
}

TEST_F(StallDetectorTest, OneSlowCallIsNoStall) {
  Start(2);
  Begin(1, 2);

  EXPECT_EQ(TimeUntilSuspicion(), absl::Seconds(10));
}

TEST_F(StallDetectorTest, WaitsLongerForWhoIsUsuallySlow) {
  Start(2);
  State(1).set_latency(20e6F);  // 20 ms, allowed ten times as much
  Begin(1, 5);

  const absl::Duration time = TimeUntilSuspicion();

  EXPECT_GE(time, absl::Milliseconds(200));
  EXPECT_LE(time, absl::Milliseconds(250));
}

TEST_F(StallDetectorTest, NobodyIsSuspectedWhenNothingEndsAnywhere) {
  Start(3);
  for (size_t i = 0; i < 3; ++i) {
    Begin(i, 5);
    End(i, 1);
  }

  for (int i = 0; i < 100; ++i) {
    for (size_t endpoint = 0; endpoint < 3; ++endpoint) Begin(endpoint, 1);
    EXPECT_THAT(Look(), IsEmpty());
  }
}

TEST_F(StallDetectorTest, AProcessThatStoodStillBlamesNobody) {
  Start(2);
  Begin(1, 5);
  Begin(0, 1);
  Look();
  End(0, 1);

  EXPECT_THAT(Look(absl::Seconds(30)), IsEmpty());
}

TEST_F(StallDetectorTest, TheFirstCallsOfANewEndpointAreNoStall) {
  Start(2);
  Begin(0, 1);
  Look();
  table_.Merge(EndpointsNumbered(3), MakeDeafState);
  Begin(2, 5);
  End(0, 1);

  EXPECT_THAT(Look(), IsEmpty());
}

TEST_F(StallDetectorTest, EndpointsOutOfRotationAreNotSuspected) {
  Start(2);
  State(1).SetFlags(EndpointState::kEjected);
  Begin(1, 5);

  EXPECT_EQ(TimeUntilSuspicion(), absl::Seconds(10));
}

TEST_F(StallDetectorTest, LooksRarelyWhereNothingHappens) {
  Start(2);
  for (int i = 0; i < 10; ++i) Look(detector_.NextDelay());
  EXPECT_EQ(detector_.NextDelay(), absl::Milliseconds(200));

  Begin(0, 1);
  Look(detector_.NextDelay());
  EXPECT_EQ(detector_.NextDelay(), absl::Milliseconds(25));
}

TEST_F(StallDetectorTest, LooksLessOftenAtManyEndpoints) {
  Start(20'000);
  Begin(0, 1);

  Look();

  EXPECT_EQ(detector_.NextDelay(), absl::Milliseconds(100));
}

}  // namespace
}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "timer_queue.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/time.h"
#include "nines/event_loop.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TimerQueueTest : public ::testing::Test {
 protected:
  EventLoop::Callback Note(int id) {
    return [this, id] { ran_.push_back(id); };
  }

  void RunDue(absl::Time now) {
    const uint64_t end = queue_.next_number();
    while (std::optional<EventLoop::Callback> callback = queue_.TakeDue(now, end)) (*callback)();
  }

  const absl::Time start_ = absl::FromUnixSeconds(1000);
  TimerQueue queue_;
  std::vector<int> ran_;
};

TEST_F(TimerQueueTest, RunsInOrderOfTime) {
  queue_.Add(start_ + absl::Seconds(3), Note(3));
  queue_.Add(start_ + absl::Seconds(1), Note(1));
  queue_.Add(start_ + absl::Seconds(2), Note(2));

  RunDue(start_ + absl::Seconds(3));

  EXPECT_THAT(ran_, ElementsAre(1, 2, 3));
}

TEST_F(TimerQueueTest, RunsEqualTimesInOrderOfAge) {
  queue_.Add(start_, Note(1));
  queue_.Add(start_, Note(2));
  queue_.Add(start_, Note(3));

  RunDue(start_);

  EXPECT_THAT(ran_, ElementsAre(1, 2, 3));
}

TEST_F(TimerQueueTest, RunsNothingEarly) {
  queue_.Add(start_, Note(1));

  RunDue(start_ - absl::Nanoseconds(1));

  EXPECT_THAT(ran_, IsEmpty());
  EXPECT_EQ(queue_.NextTime(), start_);
}

TEST_F(TimerQueueTest, RunsEachOnce) {
  queue_.Add(start_, Note(1));

  RunDue(start_);
  RunDue(start_);

  EXPECT_THAT(ran_, ElementsAre(1));
  EXPECT_EQ(queue_.NextTime(), std::nullopt);
}

TEST_F(TimerQueueTest, LeavesTimersAddedMeanwhileForTheNextRound) {
  queue_.Add(start_, [this] {
    ran_.push_back(1);
    queue_.Add(start_, Note(2));
  });

  RunDue(start_);

  EXPECT_THAT(ran_, ElementsAre(1));
  RunDue(start_);
  EXPECT_THAT(ran_, ElementsAre(1, 2));
}

TEST_F(TimerQueueTest, CancelDestroysTheCallbackAtOnce) {
  auto owned = std::make_shared<int>();
  const TimerQueue::Key key = queue_.Add(start_, [owned] {});

  queue_.Cancel(key);

  EXPECT_EQ(owned.use_count(), 1);
  EXPECT_EQ(queue_.NextTime(), std::nullopt);
}

TEST_F(TimerQueueTest, CancelPassesOverTimersThatHaveRun) {
  const TimerQueue::Key key = queue_.Add(start_, Note(1));
  RunDue(start_);
  queue_.Add(start_, Note(2));

  queue_.Cancel(key);

  RunDue(start_);
  EXPECT_THAT(ran_, ElementsAre(1, 2));
}

TEST_F(TimerQueueTest, CancelAllowsForCallbacksThatOwnOtherTimers) {
  const TimerQueue::Key inner = queue_.Add(start_, Note(1));
  std::shared_ptr<void> cancels_inner(nullptr, [&](void*) { queue_.Cancel(inner); });
  const TimerQueue::Key outer = queue_.Add(start_, [owned = std::move(cancels_inner)] {});

  queue_.Cancel(outer);

  EXPECT_EQ(queue_.NextTime(), std::nullopt);
}

}  // namespace
}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "balancing/published.h"

#include <thread>

#include <gtest/gtest.h>

namespace nines {
namespace {

// Counts how many of it exist.
struct Counted {
  explicit Counted(int* counter) : alive(counter) { ++*alive; }
  ~Counted() { --*alive; }
  int* const alive;
};

std::unique_ptr<const Counted> MakeCounted(int* alive) { return std::make_unique<Counted>(alive); }

TEST(PublishedTest, FreesTheOldValueWhenNobodyReads) {
  int alive = 0;
  Published<Counted> published(MakeCounted(&alive));

  published.Publish(MakeCounted(&alive));

  EXPECT_EQ(alive, 1);
}

TEST(PublishedTest, KeepsAValueWhileItIsRead) {
  int alive = 0;
  Published<Counted> published(MakeCounted(&alive));
  {
    const ReadSection section;
    const Counted& read = published.Get(section);
    published.Publish(MakeCounted(&alive));

    EXPECT_NE(&published.Get(section), &read);
    EXPECT_EQ(alive, 2);
    EXPECT_EQ(published.retired_count(), 1u);
  }
  published.Reclaim();

  EXPECT_EQ(alive, 1);
}

TEST(PublishedTest, KeepsAValueUntilTheOuterSectionEnds) {
  int alive = 0;
  Published<Counted> published(MakeCounted(&alive));
  {
    const ReadSection outer;
    {
      const ReadSection inner;
      EXPECT_EQ(alive, 1);
    }
    published.Publish(MakeCounted(&alive));
    EXPECT_EQ(alive, 2);
  }
  published.Reclaim();

  EXPECT_EQ(alive, 1);
}

TEST(PublishedTest, IsNotHeldUpByAThreadThatStoppedReading) {
  int alive = 0;
  Published<Counted> published(MakeCounted(&alive));
  std::thread([&] { const ReadSection section; }).join();

  published.Publish(MakeCounted(&alive));

  EXPECT_EQ(alive, 1);
}

TEST(PublishedTest, ReusesTheSlotsOfThreadsThatEnded) {
  std::thread([] { const ReadSection section; }).join();
  const size_t slots = ReadSection::SlotCount();

  for (int i = 0; i < 50; ++i) std::thread([] { const ReadSection section; }).join();

  EXPECT_EQ(ReadSection::SlotCount(), slots);
}

TEST(ThreadSlotTest, CountsTurnsForEachOwnerFromItsStart) {
  ThreadSlot& slot = ThreadSlot::Own();
  const auto start = [] { return uint64_t{100}; };

  EXPECT_EQ(slot.NextTurn(1001, start), 100u);
  EXPECT_EQ(slot.NextTurn(1002, start), 100u);
  EXPECT_EQ(slot.NextTurn(1001, start), 101u);
  EXPECT_EQ(slot.PeekTurn(1001, start), 102u);
  EXPECT_EQ(slot.NextTurn(1001, start), 102u);
}

TEST(ThreadSlotTest, GivesThreadsOfTheSameTimeDifferentNumbers) {
  const uint32_t own = ThreadSlot::Own().number();
  uint32_t other = own;

  std::thread([&] { other = ThreadSlot::Own().number(); }).join();

  EXPECT_NE(other, own);
}

}  // namespace
}  // namespace nines

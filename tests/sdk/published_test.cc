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

}  // namespace
}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "baselines/doubly_buffered.h"

#include <atomic>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace nines::bench {
namespace {

using Numbers = std::vector<int>;

TEST(DoublyBufferedTest, ReadersSeeTheChange) {
  DoublyBuffered<Numbers> numbers;

  numbers.Modify([](Numbers& background, const Numbers& /*foreground*/) { background = {1, 2}; });

  EXPECT_EQ(*numbers.Read(), (Numbers{1, 2}));
}

TEST(DoublyBufferedTest, ChangesBothCopies) {
  DoublyBuffered<Numbers> numbers;

  for (int i = 0; i < 2; ++i) {
    numbers.Modify(
        [](Numbers& background, const Numbers& /*foreground*/) { background.push_back(7); });
  }

  EXPECT_EQ(*numbers.Read(), (Numbers{7, 7}));
}

TEST(DoublyBufferedTest, InstancesOfOneThreadAreIndependent) {
  DoublyBuffered<Numbers> first;
  DoublyBuffered<Numbers> second;
  const auto reading = first.Read();

  // Would wait for the reader if it were one of the second's.
  second.Modify([](Numbers& background, const Numbers& /*foreground*/) { background = {1}; });

  EXPECT_EQ(second.Read()->size(), 1u);
  EXPECT_TRUE(reading->empty());
}

// What is read is whole and does not change while it is read: ThreadSanitizer watches.
TEST(DoublyBufferedStressTest, ReadersAlwaysSeeOneWholeVersion) {
  constexpr int kVersions = 300;
  DoublyBuffered<Numbers> numbers;
  numbers.Modify(
      [](Numbers& background, const Numbers& /*foreground*/) { background.assign(50, 0); });
  std::atomic<bool> is_over{false};
  std::atomic<int> mixed{0};
  const auto read = [&] {
    while (!is_over.load()) {
      const auto reading = numbers.Read();
      for (const int number : *reading) mixed += number == reading->front() ? 0 : 1;
    }
  };
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) readers.emplace_back(read);

  for (int version = 1; version <= kVersions; ++version) {
    numbers.Modify([&](Numbers& background, const Numbers& /*foreground*/) {
      background.assign(50, version);
    });
  }
  is_over.store(true);
  for (std::thread& reader : readers) reader.join();

  EXPECT_EQ(mixed.load(), 0);
  EXPECT_EQ(numbers.Read()->front(), kVersions);
}

}  // namespace
}  // namespace nines::bench

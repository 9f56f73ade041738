// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "subject.h"

#include <atomic>
#include <chrono>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "subject_of.h"

namespace nines::bench {
namespace {

// Counts what is done to it.
struct Tally {
  std::atomic<int> picked{0};
  std::atomic<int> ended{0};
  std::atomic<int> reported{0};
  std::atomic<int> refused{0};
};

class CountingSystem {
 public:
  explicit CountingSystem(Tally& tally) : tally_(tally) {}

  class Lease {
   public:
    Lease(Tally& tally, bool is_taken) : tally_(tally), is_taken_(is_taken) {}
    Lease(const Lease&) = delete;
    ~Lease() { ++tally_.ended; }
    bool is_taken() const { return is_taken_; }

   private:
    Tally& tally_;
    const bool is_taken_;
  };

  Tally& MakePicker() { return tally_; }
  static Lease Pick(Tally& tally, const Key& /*key*/) {
    ++tally.picked;
    if (tally.refused.load() == 0) return {tally, true};
    --tally.refused;
    return {tally, false};
  }
  static bool IsTaken(const Lease& lease) { return lease.is_taken(); }
  static void Report(Tally& tally, Lease& /*lease*/) { ++tally.reported; }
  void SetHealthy(size_t /*endpoint*/, bool /*is_healthy*/) {}
  void SetLastKnown(bool /*is_known*/) {}

 private:
  Tally& tally_;
};

constexpr int kBatch = static_cast<int>(Subject::kBatch);

TEST(SubjectTest, EveryLeaseEnds) {
  Tally tally;
  SubjectOf<CountingSystem> subject(tally);
  RunOptions options;
  options.warm_up_batches = 1;
  options.timed_batches = 2;

  subject.Run(options);

  EXPECT_EQ(tally.picked, 3 * kBatch);
  EXPECT_EQ(tally.ended, 3 * kBatch);
  EXPECT_EQ(tally.reported, 0);
}

TEST(SubjectTest, ReportsWhenToldTo) {
  Tally tally;
  SubjectOf<CountingSystem> subject(tally);
  RunOptions options;
  options.end = LeaseEnd::kReport;

  subject.Run(options);

  EXPECT_EQ(tally.reported, kBatch);
  EXPECT_EQ(tally.ended, kBatch);
}

TEST(SubjectTest, HasATimeForEachTimedBatch) {
  Tally tally;
  SubjectOf<CountingSystem> subject(tally);
  RunOptions options;
  options.warm_up_batches = 5;
  options.timed_batches = 3;

  EXPECT_EQ(subject.Run(options).batches.size(), 3u);
}

TEST(SubjectTest, CountsRefusedPicksAndDoesNotReportThem) {
  Tally tally;
  tally.refused = 2;
  SubjectOf<CountingSystem> subject(tally);
  RunOptions options;
  options.end = LeaseEnd::kReport;

  EXPECT_EQ(subject.Run(options).refused, 2u);
  EXPECT_EQ(tally.reported, kBatch - 2);
}

TEST(SubjectTest, ThreadsMeetBeforeEachTimedBatch) {
  Tally tally;
  SubjectOf<CountingSystem> subject(tally);
  Together together(2);
  RunOptions options;
  options.timed_batches = 50;
  options.together = &together;

  RunResult first;
  std::thread other([&] { first = subject.Run(options); });
  const RunResult second = subject.Run(options);
  other.join();

  // A batch begins when the other thread's batch before it is over.
  int out_of_step = 0;
  for (size_t i = 1; i < 50; ++i) {
    if (second.batches[i].start < first.batches[i - 1].start) ++out_of_step;
    if (first.batches[i].start < second.batches[i - 1].start) ++out_of_step;
  }
  EXPECT_EQ(out_of_step, 0);
}

BatchTime BatchAt(int start_ns, double pick_ns, double end_ns) {
  return {std::chrono::steady_clock::time_point(std::chrono::nanoseconds(start_ns)), pick_ns,
          end_ns};
}

TEST(OverlappingTest, KeepsBatchesThatRanAtTheSameTime) {
  // Each batch takes 256 × (6 + 4) ns, and may begin a quarter of that apart.
  const std::vector<BatchTime> a = {BatchAt(0, 6, 4), BatchAt(10'000, 6, 4)};
  const std::vector<BatchTime> b = {BatchAt(640, 6, 4), BatchAt(10'641, 6, 4)};

  const std::vector<BatchTime> kept = Overlapping(a, b);

  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept[0].start, a[0].start);
  EXPECT_EQ(kept[1].start, b[0].start);
}

TEST(OverlappingTest, TheShorterBatchDecides) {
  EXPECT_TRUE(Overlapping({BatchAt(0, 60, 40)}, {BatchAt(1'000, 1, 1)}).empty());
}

TEST(KeyStreamTest, KeysDifferWithinAndBetweenStreams) {
  std::set<std::string> keys;
  KeyStream first(1);
  KeyStream second(2);

  for (int i = 0; i < 1'000; ++i) {
    keys.emplace(first.Next().view());
    keys.emplace(second.Next().view());
  }

  EXPECT_EQ(keys.size(), 2'000u);
}

TEST(KeyStreamTest, TheSameStreamHasTheSameKeys) {
  EXPECT_EQ(KeyStream(7).Next().bytes, KeyStream(7).Next().bytes);
}

}  // namespace
}  // namespace nines::bench

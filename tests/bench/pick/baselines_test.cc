// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Each baseline must be the working thing that it stands for: nobody gains from being faster than
// something broken.

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "addresses.h"
#include "baselines/buffered_random.h"
#include "baselines/buffered_ring.h"
#include "baselines/buffered_two_choices.h"
#include "baselines/choose_host.h"
#include "baselines/locked_round_robin.h"
#include "baselines/memory_floor.h"
#include "baselines/shared_maglev.h"
#include "baselines/shared_ring.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "key.h"

namespace nines::bench {
namespace {

using Index = std::optional<size_t>;  // of the host picked; nothing: none was

Index IndexOf(const SharedHostPtr& host, size_t hosts) {
  for (size_t i = 0; host != nullptr && i < hosts; ++i) {
    if (host->address == AddressOf(i)) return i;
  }
  return std::nullopt;
}

Index IndexOf(const HostLease& lease) { return lease ? Index(lease.index()) : std::nullopt; }

// What the tests need of every baseline. kMaxOverMean bounds the fullest of ten hosts.

template <LockedRoundRobin::Reading kReading>
struct Locked : LockedRoundRobin {
  static constexpr double kMaxOverMean = 1.001;
  explicit Locked(size_t hosts) : LockedRoundRobin(hosts, kReading), count(hosts) {}
  Index Choose(const Key& /*key*/) { return IndexOf(Pick(), count); }
  const size_t count;
};
using LockedCopy = Locked<LockedRoundRobin::Reading::kCopyPointer>;
using LockedPick = Locked<LockedRoundRobin::Reading::kWholePick>;

template <typename Table>
struct Tables : TableBalancer {
  explicit Tables(size_t hosts)
      : TableBalancer(hosts,
                      [](const std::vector<SharedHostPtr>& all) {
                        return std::make_shared<const Table>(all);
                      }),
        count(hosts) {}
  Index Choose(const Key& key) {
    return IndexOf(MakeWorker()->ChooseHost(KeyContext(key.view())), count);
  }
  const size_t count;
};
struct Ring : Tables<SharedRing> {
  static constexpr double kMaxOverMean = 1.35;
  using Tables::Tables;
};
struct Maglev : Tables<SharedMaglev> {
  static constexpr double kMaxOverMean = 1.05;
  using Tables::Tables;
};

struct DoublyBufferedRing : BufferedRing {
  static constexpr double kMaxOverMean = 1.35;
  using BufferedRing::BufferedRing;
  Index Choose(const Key& key) { return IndexOf(Pick(key)); }
};
struct DoublyBufferedRandom : BufferedRandom {
  static constexpr double kMaxOverMean = 1.05;
  using BufferedRandom::BufferedRandom;
  Index Choose(const Key& /*key*/) { return IndexOf(Pick()); }
};
struct DoublyBufferedTwoChoices : BufferedTwoChoices {
  static constexpr double kMaxOverMean = 1.05;
  using BufferedTwoChoices::BufferedTwoChoices;
  Index Choose(const Key& /*key*/) {
    constexpr int64_t kMillisecond = 1'000'000;
    now_ns += kMillisecond;
    const HostLease lease = Pick(now_ns);
    if (lease) Report(lease, kMillisecond, now_ns);
    return IndexOf(lease);
  }
  int64_t now_ns = 0;
};

template <typename Baseline>
std::vector<size_t> CountPicks(Baseline& baseline, size_t hosts, int picks) {
  std::vector<size_t> counts(hosts);
  KeyStream keys(1);
  for (int i = 0; i < picks; ++i) {
    if (const Index index = baseline.Choose(keys.Next())) ++counts[*index];
  }
  return counts;
}

template <typename Baseline>
class BaselineTest : public testing::Test {};

using Baselines = testing::Types<LockedCopy, LockedPick, Ring, Maglev, DoublyBufferedRing,
                                 DoublyBufferedRandom, DoublyBufferedTwoChoices>;
TYPED_TEST_SUITE(BaselineTest, Baselines, );  // clang wants the comma: the macro is variadic

TYPED_TEST(BaselineTest, SpreadsEvenlyEnough) {
  TypeParam baseline(10);

  const std::vector<size_t> counts = CountPicks(baseline, 10, 20'000);

  EXPECT_LE(*std::max_element(counts.begin(), counts.end()), 2'000 * TypeParam::kMaxOverMean);
}

TYPED_TEST(BaselineTest, PicksOnlyHealthyHosts) {
  TypeParam baseline(5);
  baseline.SetHealthy(1, false);
  baseline.SetHealthy(3, false);

  const std::vector<size_t> counts = CountPicks(baseline, 5, 1'000);

  using testing::Gt;
  EXPECT_THAT(counts, testing::ElementsAre(Gt(0u), 0u, Gt(0u), 0u, Gt(0u)));
  EXPECT_EQ(counts[0] + counts[2] + counts[4], 1'000u);
}

TYPED_TEST(BaselineTest, PicksAHostAgainThatIsHealthyAgain) {
  TypeParam baseline(3);
  baseline.SetHealthy(1, false);
  baseline.SetHealthy(1, true);

  EXPECT_THAT(CountPicks(baseline, 3, 1'000), testing::Each(testing::Gt(0u)));
}

TYPED_TEST(BaselineTest, PicksNobodyWhenNobodyIsHealthy) {
  TypeParam baseline(2);
  baseline.SetHealthy(0, false);
  baseline.SetHealthy(1, false);

  EXPECT_THAT(CountPicks(baseline, 2, 100), testing::Each(0u));
}

TYPED_TEST(BaselineTest, PicksOnlyKnownHosts) {
  TypeParam baseline(4);
  baseline.SetKnown(3, false);

  const std::vector<size_t> counts = CountPicks(baseline, 4, 1'000);

  EXPECT_EQ(counts[3], 0u);
  EXPECT_EQ(counts[0] + counts[1] + counts[2], 1'000u);
}

TYPED_TEST(BaselineTest, PicksAHostAgainThatIsKnownAgain) {
  TypeParam baseline(4);
  baseline.SetKnown(3, false);
  baseline.SetKnown(3, true);

  EXPECT_THAT(CountPicks(baseline, 4, 1'000), testing::Each(testing::Gt(0u)));
}

// Of 1,000 keys: those that another host has after host 0 left, though it was not host 0's.
template <typename Baseline>
size_t CountMovedWithoutNeed() {
  Baseline before(10);
  Baseline after(10);
  after.SetKnown(0, false);
  size_t moved = 0;
  KeyStream keys(1);
  for (int i = 0; i < 1'000; ++i) {
    const Key key = keys.Next();
    const Index old_host = before.Choose(key);
    if (old_host != Index(0) && after.Choose(key) != old_host) ++moved;
  }
  return moved;
}

TEST(RingTest, MovesNoKeyWithoutNeed) {
  EXPECT_EQ(CountMovedWithoutNeed<DoublyBufferedRing>(), 0u);
}

TEST(MaglevTest, MovesFewKeysWithoutNeed) { EXPECT_LT(CountMovedWithoutNeed<Maglev>(), 30u); }

TEST(RingTest, HasTheFewestPointsThatAreEnough) {
  EXPECT_EQ(SharedRing(SharedHosts(10).Usable()).size(), 1'030u);
  EXPECT_EQ(SharedRing(SharedHosts(1'000).Usable()).size(), 2'000u);
  EXPECT_EQ(SharedRing(SharedHosts(10'000).Usable()).size(), 10'000u);
}

TEST(MaglevTest, HasTheUsualSizeForAllButTheLargestFleets) {
  EXPECT_EQ(SharedMaglev(SharedHosts(10'000).Usable()).size(), 65'537u);
  EXPECT_EQ(SharedMaglev(SharedHosts(40'000).Usable()).size(), 655'373u);
}

TEST(ChooseHostTest, PassesOverAHostThatFailedSinceItsTableWasMade) {
  SharedHosts hosts(2);
  TableBalancer balancer(2, [&](const std::vector<SharedHostPtr>& /*own*/) {
    return std::make_shared<const SharedRing>(hosts.Usable());
  });
  const auto worker = balancer.MakeWorker();
  hosts.SetHealthy(0, false);

  size_t refused = 0;
  std::set<std::string> addresses;
  KeyStream keys(1);
  for (int i = 0; i < 1'000; ++i) {
    const Key key = keys.Next();
    const SharedHostPtr host = worker->ChooseHost(KeyContext(key.view()));
    if (host == nullptr) {
      ++refused;
    } else {
      addresses.insert(host->address);
    }
  }

  EXPECT_THAT(addresses, testing::ElementsAre(AddressOf(1)));
  EXPECT_LT(refused, 150u);  // four attempts, half of them wrong
}

TEST(CountedHostTest, CountsLeases) {
  CountedHosts hosts(1);
  {
    const HostLease first = hosts.Take(0);
    HostLease second = hosts.Take(0);
    EXPECT_EQ(hosts.references(0), 2u);
    second = HostLease();
    EXPECT_EQ(hosts.references(0), 1u);
  }
  EXPECT_EQ(hosts.references(0), 0u);
}

TEST(CountedHostTest, RefusedLeaseIsNotCounted) {
  CountedHosts hosts(1);
  hosts.SetAvailable(0, false);

  const HostLease lease = hosts.Take(0);

  EXPECT_FALSE(static_cast<bool>(lease));
  EXPECT_EQ(hosts.references(0), 0u);
}

// One call to each of two hosts, which took this long and ended at `now_ns`.
void Teach(BufferedTwoChoices& choices, int64_t first_ns, int64_t second_ns, int64_t now_ns) {
  choices.SetHealthy(1, false);
  choices.Report(choices.Pick(0), first_ns, now_ns);
  choices.SetHealthy(1, true);
  choices.SetHealthy(0, false);
  choices.Report(choices.Pick(0), second_ns, now_ns);
  choices.SetHealthy(0, true);
}

constexpr int64_t kMinute = 60'000'000'000;

TEST(TwoChoicesTest, PrefersTheHostWithFewerCallsInFlight) {
  BufferedTwoChoices choices(2);
  Teach(choices, 1'000, 1'000, kMinute);
  const HostLease first = choices.Pick(kMinute);

  const HostLease second = choices.Pick(kMinute);

  EXPECT_NE(first.index(), second.index());
}

TEST(TwoChoicesTest, PrefersTheFasterHost) {
  BufferedTwoChoices choices(2);
  Teach(choices, 10'000, 1'000, kMinute);

  EXPECT_EQ(choices.Pick(kMinute).index(), 1u);
}

TEST(TwoChoicesTest, ForgetsOldLatency) {
  BufferedTwoChoices choices(2);
  Teach(choices, 10'000, 1'000, kMinute);
  Teach(choices, 1'000, 10'000, 2 * kMinute);

  EXPECT_EQ(choices.Pick(2 * kMinute).index(), 0u);
}

TEST(SlotFloorTest, ReadsTheLinesOfAllHosts) {
  SlotFloor floor(100);
  std::set<const FloorLine*> lines;

  KeyStream keys(1);
  for (int i = 0; i < 10'000; ++i) lines.insert(floor.Read(keys.Next()));

  EXPECT_EQ(lines.size(), 100u);
  EXPECT_EQ(lines.count(nullptr), 0u);
  floor.SetOut(7, true);
  for (int i = 0; i < 10'000; ++i) lines.insert(floor.Read(keys.Next()));
  EXPECT_EQ(lines.count(nullptr), 1u);
}

TEST(TwoLinesFloorTest, CountsTheLowerOfTwoUntilTheEnd) {
  TwoLinesFloor floor(2);
  KeyStream keys(1);
  const FloorLine* line = nullptr;
  {
    const TwoLinesFloor::Lease lease = floor.Take(keys.Next());
    line = &lease.line();
    EXPECT_EQ(line->in_flight, 1u);
    int to_the_same = 0;
    for (int i = 0; i < 1'000; ++i) {
      to_the_same += &floor.Take(keys.Next()).line() == line ? 1 : 0;
    }
    EXPECT_NEAR(to_the_same, 250, 60) << "only if both draws are it";
  }
  EXPECT_EQ(line->in_flight, 0u);
}

}  // namespace
}  // namespace nines::bench

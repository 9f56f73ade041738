// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "balancer_subject.h"

#include <algorithm>
#include <cstdint>
#include <new>

#include "allocations.h"
#include "gtest/gtest.h"

namespace nines::bench {
namespace {

size_t CountIn(HealthState state, const Balancer& balancer) {
  const auto endpoints = balancer.Endpoints();
  return static_cast<size_t>(
      std::count_if(endpoints.begin(), endpoints.end(),
                    [&](const EndpointStatus& endpoint) { return endpoint.state == state; }));
}

TEST(BalancerSubjectTest, EjectsAsManyEndpointsAsItIsTold) {
  const auto made = MakeBalancer(MakeConfig(HashConfig{}), 100);
  ASSERT_TRUE(made.ok());

  EjectSome(*made, 30);

  EXPECT_EQ(CountIn(HealthState::kEjected, *made->balancer), 30u);
  EXPECT_EQ(CountIn(HealthState::kHealthy, *made->balancer), 70u);
}

TEST(BalancerSubjectTest, NoPickIsRefusedWithAThirdEjected) {
  auto made = MakeBalancer(MakeConfig(HashConfig{}), 30);
  ASSERT_TRUE(made.ok());
  EjectSome(*made, 10);
  const auto subject = MakeBalancerSubject(*std::move(made), 30);

  EXPECT_EQ(subject->Run({}).refused, 0u);
}

TEST(BalancerSubjectTest, ReportsCountAsCalls) {
  const auto made = MakeBalancer(MakeConfig(RandomConfig{}), 1);
  ASSERT_TRUE(made.ok());
  const auto subject = MakeBalancerSubject(*made, 1);
  RunOptions options;
  options.end = LeaseEnd::kReport;

  subject->Run(options);

  EXPECT_EQ(made->balancer->Endpoints()[0].calls, Subject::kBatch);
  EXPECT_EQ(made->balancer->Endpoints()[0].in_flight, 0u);
}

TEST(BalancerSubjectTest, ChangesReachTheBalancer) {
  const auto made = MakeBalancer(MakeConfig(RandomConfig{}), 3);
  ASSERT_TRUE(made.ok());
  const auto subject = MakeBalancerSubject(*made, 3);

  subject->SetHealthy(1, false);
  EXPECT_EQ(CountIn(HealthState::kHealthy, *made->balancer), 2u);
  subject->SetHealthy(1, true);
  EXPECT_EQ(CountIn(HealthState::kHealthy, *made->balancer), 3u);
  subject->SetLastKnown(false);
  EXPECT_EQ(made->balancer->Endpoints().size(), 2u);
  subject->SetLastKnown(true);
  EXPECT_EQ(made->balancer->Endpoints().size(), 3u);
}

TEST(BalancerSubjectTest, KnowsTheHeapThatEndpointsTake) {
  const auto few = MakeBalancer(MakeConfig(RandomConfig{}), 10);
  const auto many = MakeBalancer(MakeConfig(RandomConfig{}), 1'000);
  ASSERT_TRUE(few.ok() && many.ok());

  // An endpoint has at least its cache line and its address.
  EXPECT_GT(many->heap_bytes, few->heap_bytes + 990 * 64);
}

// Calls, not new expressions: compilers may leave those out.
TEST(AllocationsTest, CountsNewAndLiveBytes) {
  const Allocations before = Allocations::Now();
  void* block = ::operator new(1'000);
  const Allocations with = Allocations::Now();
  ::operator delete(block);
  const Allocations after = Allocations::Now();

  EXPECT_EQ(with.count, before.count + 1);
  EXPECT_GE(with.live_bytes, before.live_bytes + 1'000);
  EXPECT_EQ(after.live_bytes, before.live_bytes);
}

TEST(AllocationsTest, CountsOverAlignedNew) {
  constexpr std::align_val_t kLine{64};
  const Allocations before = Allocations::Now();
  void* block = ::operator new(100, kLine);
  const auto address = reinterpret_cast<uintptr_t>(block);
  const Allocations with = Allocations::Now();
  ::operator delete(block, kLine);

  EXPECT_EQ(address % 64, 0u);
  EXPECT_EQ(with.count, before.count + 1);
  EXPECT_EQ(Allocations::Now().live_bytes, before.live_bytes);
}

TEST(StillLoopTest, RunsNothingUntilTold) {
  StillLoop loop;
  int ran = 0;
  loop.Post([&] { ++ran; });
  const auto timer = loop.RunAfter(absl::Seconds(1), [&] { ran += 10; });

  EXPECT_EQ(ran, 0);
  loop.RunPosted();
  EXPECT_EQ(ran, 1);
  loop.Advance(absl::Seconds(1));
  EXPECT_EQ(ran, 11);
}

TEST(StillLoopTest, PostingDoesNotAllocate) {
  StillLoop loop;
  const uint64_t before = Allocations::Now().count;

  loop.Post([] {});
  loop.RunPosted();
  loop.Post([] {});

  EXPECT_EQ(Allocations::Now().count, before);
}

}  // namespace
}  // namespace nines::bench

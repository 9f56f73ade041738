// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What must not allocate. A program of its own, because every operator new is counted.

#include <gtest/gtest.h>

#include "allocations.h"
#include "support/balancer_fixture.h"

namespace nines {
namespace {

const absl::Status kDown = absl::UnavailableError("a message that is too long to be kept in place");

class BalancerAllocationTest : public BalancerFixture {
 protected:
  BalancerAllocationTest() { recorder_ = nullptr; }

  // Those that `work` makes.
  template <typename Work>
  static uint64_t AllocationsOf(const Work& work) {
    const uint64_t before = bench::Allocations::Now().count;
    work();
    return bench::Allocations::Now().count - before;
  }
  // A pick by key, and the end of its attempt.
  void CallByKey(const Outcome& outcome) {
    Call call;
    call.hash_key = "a key that is too long to be kept in place, if it were copied";
    CallMemory memory;
    std::get<Picked>(balancer_->Pick(call, memory)).lease.Report(outcome);
  }
};

TEST_F(BalancerAllocationTest, SeesAllocations) {
  // Called by name: an expression with new and delete may be left out by the compiler.
  EXPECT_EQ(AllocationsOf([] { ::operator delete(::operator new(1)); }), 1u);
}

TEST_F(BalancerAllocationTest, PickAndReportMakeNone) {
  config_.algorithm = HashConfig{};
  policy_.seed_source = Policy::SeedSource::kHashKey;
  StartNamed({"a", "b", "c"});
  const Outcome ok = MakeOutcome(absl::OkStatus(), absl::Milliseconds(1));
  CallByKey(ok);  // the thread's first makes its slot

  EXPECT_EQ(AllocationsOf([&] { CallByKey(ok); }), 0u);
}

TEST_F(BalancerAllocationTest, RandomPickAmongManyMakesNone) {
  policy_.seed_source = Policy::SeedSource::kRandom;
  Start(EndpointsNumbered(16'384));  // so many that the calls to come are looked at
  CallOnce();
  CallMemory memory;

  EXPECT_EQ(AllocationsOf([&] { balancer_->Pick({}, memory); }), 0u);
}

TEST_F(BalancerAllocationTest, PickWithEveryLimitMakesNone) {
  HashConfig hash;
  hash.bounded_load = 1.25;
  config_.algorithm = hash;
  config_.max_in_flight_per_endpoint = 10;
  policy_.seed_source = Policy::SeedSource::kHashKey;
  policy_.choices = 2;
  EndpointList endpoints = EndpointsNamed({"a", "b", "c"});
  endpoints[2].tier = 1;
  Start(endpoints);
  const Outcome ok = MakeOutcome(absl::OkStatus(), absl::Milliseconds(1));
  CallByKey(ok);

  EXPECT_EQ(AllocationsOf([&] { CallByKey(ok); }), 0u);
}

TEST_F(BalancerAllocationTest, EjectionByOutcomesMakesNone) {
  config_.algorithm = HashConfig{};
  policy_.seed_source = Policy::SeedSource::kHashKey;
  StartNamed({"a", "b", "c"});
  const Outcome down = MakeOutcome(kDown);
  CallByKey(down);

  const uint64_t made = AllocationsOf([&] {
    for (int i = 0; i < 4; ++i) CallByKey(down);
  });

  EXPECT_EQ(made, 0u);
  int ejected = 0;
  for (const EndpointStatus& status : balancer_->Endpoints()) {
    ejected += status.state == HealthState::kEjected ? 1 : 0;
  }
  EXPECT_EQ(ejected, 1);
}

TEST_F(BalancerAllocationTest, DisconnectionAndReturnMakeNone) {
  EndpointList endpoints = EndpointsNamed({"a", "b", "x"});
  endpoints[2].tier = 1;
  Start(endpoints);

  EXPECT_EQ(AllocationsOf([&] {
              balancer_->SetConnectivity("a", Connectivity::kFailed, kDown);
              balancer_->SetConnectivity("a", Connectivity::kConnected);
            }),
            0u);
}

}  // namespace
}  // namespace nines

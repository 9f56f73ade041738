// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "event_log.h"

#include "gtest/gtest.h"
#include "nines/clock.h"

namespace nines::bench {
namespace {

Event Change(const std::string& address, HealthState to) {
  Event event;
  event.address = address;
  event.to = to;
  return event;
}

TEST(EventLogTest, KnowsWhenAnEndpointCameIntoAState) {
  EventLog log;
  const absl::Time before = ProcessClock().Now();

  log.OnEvent(Change("a", HealthState::kHealthy));
  log.OnEvent(Change("b", HealthState::kEjected));
  const absl::Time between = ProcessClock().Now();
  log.OnEvent(Change("b", HealthState::kEjected));

  const auto first = log.FirstChange("b", HealthState::kEjected, {before});
  ASSERT_TRUE(first.has_value());
  EXPECT_LE(before, *first);
  EXPECT_LE(*first, between);
  EXPECT_FALSE(log.FirstChange("a", HealthState::kEjected, {}));
  EXPECT_FALSE(log.FirstChange("b", HealthState::kEjected, {absl::InfinitePast(), before}));
}

TEST(EventLogTest, CountsChangesOfAllEndpoints) {
  EventLog log;

  log.OnEvent(Change("a", HealthState::kEjected));
  log.OnEvent(Change("b", HealthState::kEjected));
  log.OnEvent(Change("b", HealthState::kDegraded));
  Event spared = Change("b", HealthState::kEjected);
  spared.kind = Event::Kind::kEjectionSpared;
  log.OnEvent(spared);

  EXPECT_EQ(log.CountChanges(HealthState::kEjected, {}), 2u);
  EXPECT_EQ(log.CountChanges(HealthState::kEjected, {ProcessClock().Now()}), 0u);
}

TEST(EventLogTest, SaysWhyEndpointsCameIntoAState) {
  EventLog log;
  Event ejected = Change("a", HealthState::kEjected);
  ejected.reason = "stalled";

  log.OnEvent(ejected);
  log.OnEvent(Change("b", HealthState::kHealthy));

  EXPECT_EQ(log.ReasonsOf(HealthState::kEjected), std::vector<std::string>{"a: stalled"});
}

}  // namespace
}  // namespace nines::bench

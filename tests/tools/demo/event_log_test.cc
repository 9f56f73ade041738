// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "event_log.h"

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace nines::demo {
namespace {

using ::testing::ElementsAre;

TEST(EventLogTest, TellsAStateChangeInOneLine) {
  const auto log = std::make_shared<EventLog>();
  Event event;
  event.address = "127.0.0.3:4012";
  event.from = HealthState::kHealthy;
  event.to = HealthState::kEjected;
  event.reason = "5 consecutive failures\nthe last: gone";

  log->MakeObserver("hash")->OnEvent(event);

  EXPECT_THAT(log->Lines(), ElementsAre("  0.0 s  hash    127.0.0.3 healthy -> ejected: "
                                        "5 consecutive failures the last: gone"));
}

TEST(EventLogTest, TellsWhatHappensToTheTarget) {
  const auto log = std::make_shared<EventLog>();
  Event event;
  event.kind = Event::Kind::kPanicEntered;
  event.reason = "1 of 5 usable";

  log->MakeObserver("random")->OnEvent(event);

  EXPECT_THAT(log->Lines(), ElementsAre("  0.0 s  random  panic entered: 1 of 5 usable"));
}

TEST(EventLogTest, CountsFromTheStart) {
  const auto log = std::make_shared<EventLog>();
  log->SetStart(absl::Now() - absl::Hours(1));
  Event event;
  event.kind = Event::Kind::kPanicLeft;

  log->MakeObserver("hash")->OnEvent(event);

  EXPECT_THAT(log->Lines(), ElementsAre(::testing::StartsWith("3600.")));
}

}  // namespace
}  // namespace nines::demo

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/endpoint_listener.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fakes.h"
#include "support/manual_event_loop.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Status kWell;
const absl::Status kIll = absl::UnavailableError("NOT_SERVING");

class EndpointListenerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    prober_.can_listen = true;
    Make();
  }

  void Make() {
    listener_ = std::make_unique<EndpointListener>(
        loop_, prober_, "a", kInterval,
        [this](const std::string& /*address*/, const absl::Status& word) {
          words_.push_back(word.code());
        });
  }

  void Say(const absl::Status& word) { prober_.watches.back()->callbacks.on_word(word); }
  void End(const absl::Status& why) { prober_.watches.back()->callbacks.on_end(why); }

  // Changes its mind every 10 ms for so long, and is well in the end.
  void Flap(absl::Duration duration) {
    for (absl::Duration passed; passed < duration; passed += absl::Milliseconds(20)) {
      Say(kIll);
      loop_.Advance(absl::Milliseconds(10));
      Say(kWell);
      loop_.Advance(absl::Milliseconds(10));
    }
  }

  static constexpr absl::Duration kInterval = absl::Seconds(2);

  ManualEventLoop loop_;
  ManualProber prober_;
  std::vector<absl::StatusCode> words_;  // that were passed on
  std::unique_ptr<EndpointListener> listener_;
};

TEST_F(EndpointListenerTest, ListensWhenAProbeHasEnded) {
  EXPECT_THAT(prober_.watches, IsEmpty());

  listener_->OnProbe(kWell);
  listener_->OnProbe(kWell);

  EXPECT_THAT(prober_.watches, SizeIs(1));
}

TEST_F(EndpointListenerTest, ListensToWhomProbesFindIll) {
  listener_->OnProbe(kIll);

  EXPECT_THAT(prober_.watches, SizeIs(1));
}

TEST_F(EndpointListenerTest, DoesNotListenToWhomNobodyCanAsk) {
  listener_->OnProbe(absl::UnimplementedError("no such service"));

  EXPECT_THAT(prober_.watches, IsEmpty());
}

TEST_F(EndpointListenerTest, AsksNoProberTwiceThatCannotListen) {
  prober_.can_listen = false;

  listener_->OnProbe(kWell);
  prober_.can_listen = true;
  listener_->OnProbe(kWell);

  EXPECT_THAT(prober_.watches, IsEmpty());
}

TEST_F(EndpointListenerTest, PassesAChangeOnAtOnce) {
  listener_->OnProbe(kWell);

  Say(kWell);
  EXPECT_THAT(words_, IsEmpty());
  Say(kIll);
  EXPECT_THAT(words_, ElementsAre(absl::StatusCode::kUnavailable));
}

TEST_F(EndpointListenerTest, PassesTheWayBackOnSoon) {
  listener_->OnProbe(kWell);
  Say(kIll);

  Say(kWell);
  loop_.Advance(EndpointListener::kFirstGap);

  EXPECT_THAT(words_, ElementsAre(absl::StatusCode::kUnavailable, absl::StatusCode::kOk));
}

TEST_F(EndpointListenerTest, AWordThatIsTakenBackInTimeIsNotPassedOn) {
  listener_->OnProbe(kWell);
  Say(kIll);
  Say(kWell);

  Say(kIll);
  loop_.Advance(kInterval);

  EXPECT_THAT(words_, SizeIs(1));
}

TEST_F(EndpointListenerTest, AFlappingEndpointIsHeardNoMoreOftenThanItIsProbed) {
  listener_->OnProbe(kWell);

  Flap(100 * kInterval);

  // 100, and those while the gap grows.
  EXPECT_LE(words_.size(), 106u);
}

TEST_F(EndpointListenerTest, WhatAFlappingEndpointSaysInTheEndIsHeard) {
  listener_->OnProbe(kWell);
  Flap(100 * kInterval);

  Say(kIll);
  loop_.Advance(kInterval);
  EXPECT_EQ(words_.back(), absl::StatusCode::kUnavailable);

  Say(kWell);
  loop_.Advance(kInterval);
  EXPECT_EQ(words_.back(), absl::StatusCode::kOk);
}

TEST_F(EndpointListenerTest, ACalmEndpointIsHeardAtOnceAgain) {
  listener_->OnProbe(kWell);
  Flap(100 * kInterval);
  loop_.Advance(3 * kInterval);
  const size_t before = words_.size();

  Say(kIll);

  EXPECT_EQ(words_.size(), before + 1);
}

TEST_F(EndpointListenerTest, ListensAnewAfterAnInterval) {
  listener_->OnProbe(kWell);
  Say(kWell);
  End(absl::UnavailableError("closed"));

  listener_->OnProbe(kWell);
  EXPECT_THAT(prober_.watches, SizeIs(1));
  loop_.Advance(kInterval);
  listener_->OnProbe(kWell);
  EXPECT_THAT(prober_.watches, SizeIs(2));
}

TEST_F(EndpointListenerTest, WhoAlwaysBreaksOffIsListenedToMoreAndMoreRarely) {
  for (int i = 0; i < 10'000; ++i) {
    const size_t before = prober_.watches.size();
    listener_->OnProbe(kWell);
    if (prober_.watches.size() > before) End(absl::UnavailableError("closed"));
    loop_.Advance(kInterval);
  }

  // 20,000 s by 120 s, and those before.
  EXPECT_LE(prober_.watches.size(), 175u);
  EXPECT_GE(prober_.watches.size(), 160u);
}

TEST_F(EndpointListenerTest, WhoReturnsIsListenedToAtOnce) {
  for (int i = 0; i < 100; ++i) {
    const size_t before = prober_.watches.size();
    listener_->OnProbe(kIll);
    if (prober_.watches.size() > before) End(absl::UnavailableError("refused"));
    loop_.Advance(kInterval);
  }
  const size_t before = prober_.watches.size();

  listener_->OnProbe(kWell);

  EXPECT_EQ(prober_.watches.size(), before + 1);
}

TEST_F(EndpointListenerTest, SaysOnceThatThereIsNothingToListenTo) {
  for (int i = 0; i < 1'000; ++i) {
    const size_t before = prober_.watches.size();
    listener_->OnProbe(kWell);
    if (prober_.watches.size() > before) End(absl::UnimplementedError("no Watch"));
    loop_.Advance(kInterval);
  }

  EXPECT_THAT(words_, ElementsAre(absl::StatusCode::kUnimplemented));
  EXPECT_LE(prober_.watches.size(), 18u);  // 2,000 s by 120 s
}

TEST_F(EndpointListenerTest, StopsWhenItIsDestroyed) {
  listener_->OnProbe(kWell);
  Say(kIll);
  Say(kWell);

  listener_.reset();

  EXPECT_TRUE(prober_.watches[0]->is_cancelled);
  EXPECT_EQ(loop_.timer_count(), 0u);
}

TEST_F(EndpointListenerTest, MayBeDestroyedByItsListener) {
  listener_ = std::make_unique<EndpointListener>(
      loop_, prober_, "a", kInterval, [this](const std::string& address, const absl::Status& word) {
        listener_.reset();
        words_.push_back(address == "a" ? word.code() : absl::StatusCode::kUnknown);
      });
  listener_->OnProbe(kWell);

  Say(kIll);

  EXPECT_THAT(words_, ElementsAre(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace nines

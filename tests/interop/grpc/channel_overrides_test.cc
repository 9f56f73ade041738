// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "channel_overrides.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include "nines/grpc.h"
#include "support/fakes.h"
#include "support/manual_event_loop.h"

namespace nines {
namespace {

using ::testing::ElementsAre;

const Override kDrain{.mode = Override::Mode::kDrain};

class ChannelOverridesTest : public ::testing::Test {
 protected:
  // What a channel does when it is used again after it was idle.
  void MakeBalancer() {
    Balancer::Options options;
    options.policy = std::make_shared<InOrderPolicy>();
    options.loop = loop_;
    options.observer = recorder_;
    balancer_ = Balancer::Create(std::move(options));
    overrides_.ApplyTo(*balancer_);
    balancer_->Update(EndpointsNamed({"a", "b"}));
  }
  absl::Status Set(const std::string& address, const Override& wish) {
    return overrides_.Set(address, wish, [this] { return balancer_; });
  }
  HealthState StateOfA() { return balancer_->Endpoints()[0].state; }

  std::shared_ptr<ManualEventLoop> loop_ = std::make_shared<ManualEventLoop>();
  std::shared_ptr<EventRecorder> recorder_ = std::make_shared<EventRecorder>();
  ChannelOverrides overrides_{loop_->clock()};
  std::shared_ptr<Balancer> balancer_;
};

TEST_F(ChannelOverridesTest, HandsOnWhatIsSaid) {
  MakeBalancer();

  ASSERT_TRUE(Set("a", kDrain).ok());
  EXPECT_EQ(StateOfA(), HealthState::kDraining);
  ASSERT_TRUE(Set("a", {.note = "done"}).ok());

  EXPECT_EQ(StateOfA(), HealthState::kHealthy);
  EXPECT_EQ(recorder_->events.back().reason, "override cleared by hand");
  EXPECT_EQ(recorder_->events[recorder_->events.size() - 2].reason,
            "cleared by hand: done; it was: drain");
}

TEST_F(ChannelOverridesTest, KeepsItForTheNextBalancer) {
  ASSERT_TRUE(Set("a", kDrain).ok());
  MakeBalancer();
  EXPECT_EQ(StateOfA(), HealthState::kDraining);

  balancer_->Shutdown();
  ASSERT_TRUE(Set("a", {.mode = Override::Mode::kDisable}).ok());
  MakeBalancer();

  EXPECT_EQ(StateOfA(), HealthState::kDisabled);
}

TEST_F(ChannelOverridesTest, TimeGoesOnWithoutABalancer) {
  ASSERT_TRUE(Set("a", {.mode = Override::Mode::kDrain, .expires_after = absl::Seconds(10)}).ok());
  loop_->Advance(absl::Seconds(4));
  MakeBalancer();
  loop_->RunPosted();
  EXPECT_EQ(balancer_->Endpoints()[0].by_hand_until, loop_->clock().Now() + absl::Seconds(6));

  loop_->Advance(absl::Seconds(6));
  EXPECT_EQ(StateOfA(), HealthState::kHealthy);
  recorder_->lines.clear();
  MakeBalancer();

  EXPECT_THAT(recorder_->lines, ElementsAre("a endpoint_added", "b endpoint_added", "resolved"));
}

TEST_F(ChannelOverridesTest, RefusesWhatTheBalancerWouldWithoutOne) {
  EXPECT_EQ(Set("a", {.weight = 0}).code(), absl::StatusCode::kInvalidArgument);

  MakeBalancer();

  EXPECT_EQ(StateOfA(), HealthState::kHealthy);
}

TEST_F(ChannelOverridesTest, KeepsNoMoreThanTheMostThatHoldStill) {
  const Override brief{.mode = Override::Mode::kDrain, .expires_after = absl::Seconds(1)};
  for (size_t i = 0; i < kMaxOverrides; ++i) ASSERT_TRUE(Set(absl::StrCat(i), brief).ok());
  EXPECT_EQ(Set("a", kDrain).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(Set("5", brief).ok()) << "in place of another";

  loop_->Advance(absl::Seconds(1));

  EXPECT_TRUE(Set("a", kDrain).ok());
}

TEST(SetOverrideTest, NamesAChannelThatIsNotOurs) {
  const auto channel =
      ::grpc::CreateChannel("ipv4:127.0.0.1:1", ::grpc::InsecureChannelCredentials());

  EXPECT_EQ(SetOverride(channel, "127.0.0.1:1", kDrain).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// A program's own check as a probe, through the registry that the program gives it to.

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "nines/balancer.h"
#include "nines/registry.h"
#include "support/fakes.h"
#include "support/manual_event_loop.h"

namespace nines {
namespace {

using ::testing::HasSubstr;

constexpr absl::Duration kTimeout = absl::Seconds(1);

BalancerConfig ConfigFor(const std::string& check) {
  BalancerConfig config;
  config.health_check.emplace().probe = CustomProbeConfig{check};
  return config;
}

class CustomProberTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Registry registry;
    registry.SetCheck("replica", [this](const std::string& address, absl::Duration timeout,
                                        std::function<void(absl::Status)> answer) {
      asked_ = absl::StrCat(address, " within ", absl::FormatDuration(timeout));
      answer_ = std::move(answer);
    });
    prober_ = *registry.MakeProber(ConfigFor("replica"), {loop_.get(), "service"});
  }

  void Start() {
    probe_ = prober_->Start("10.0.0.1:80", kTimeout, [this](absl::Status status) {
      probe_.reset();  // as the contract allows
      ++verdicts_;
      verdict_ = std::move(status);
    });
    loop_->RunPosted();
  }

  std::shared_ptr<ManualEventLoop> loop_ = std::make_shared<ManualEventLoop>();
  std::string asked_;
  std::function<void(absl::Status)> answer_;
  std::shared_ptr<Prober> prober_;
  std::unique_ptr<Prober::Probe> probe_;
  int verdicts_ = 0;
  absl::Status verdict_;
};

TEST_F(CustomProberTest, IsCalledByTheNameOfItsCheck) { EXPECT_STREQ(prober_->kind(), "replica"); }

TEST_F(CustomProberTest, TheCheckIsAskedAndItsAnswerIsTheVerdict) {
  Start();
  EXPECT_EQ(asked_, "10.0.0.1:80 within 1s");

  answer_(absl::UnavailableError("far behind"));
  EXPECT_EQ(verdicts_, 0) << "not from within";
  loop_->RunPosted();

  EXPECT_EQ(verdict_, absl::UnavailableError("check \"replica\" of 10.0.0.1:80: far behind"));
}

TEST_F(CustomProberTest, TheAnswerMayComeOnAnotherThread) {
  Start();

  std::thread([this] { answer_(absl::OkStatus()); }).join();
  loop_->RunPosted();

  EXPECT_EQ(verdicts_, 1);
  EXPECT_TRUE(verdict_.ok());
}

TEST_F(CustomProberTest, WhoDoesNotAnswerInTimeHasFailed) {
  Start();

  loop_->Advance(kTimeout);
  EXPECT_EQ(verdict_.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(verdict_.message()), HasSubstr("no answer within 1s"));

  answer_(absl::OkStatus());
  loop_->RunPosted();
  EXPECT_EQ(verdicts_, 1);
}

TEST_F(CustomProberTest, OnlyTheFirstAnswerCounts) {
  Start();

  answer_(absl::OkStatus());
  answer_(absl::UnavailableError("on second thoughts"));
  loop_->RunPosted();

  EXPECT_EQ(verdicts_, 1);
  EXPECT_TRUE(verdict_.ok());
}

TEST_F(CustomProberTest, ACancelledProbeIsSilent) {
  Start();
  probe_.reset();

  answer_(absl::OkStatus());
  loop_->Advance(2 * kTimeout);

  EXPECT_EQ(verdicts_, 0);
  EXPECT_EQ(loop_->timer_count(), 0u);
}

TEST_F(CustomProberTest, AnAnswerMayComeAfterTheLoopHasGone) {
  Start();
  probe_.reset();
  prober_.reset();
  loop_.reset();

  answer_(absl::OkStatus());

  EXPECT_EQ(verdicts_, 0);
}

TEST_F(CustomProberTest, TheCheckIsNotAskedForAProbeThatIsCancelledAtOnce) {
  probe_ = prober_->Start("10.0.0.1:80", kTimeout, [](const absl::Status& /*status*/) {});
  probe_.reset();

  loop_->RunPosted();

  EXPECT_EQ(asked_, "");
}

TEST(CustomCheckTest, TheCheckMayBeTheLastToHoldTheBalancer) {
  const auto loop = std::make_shared<ManualEventLoop>();
  FixedRandom random;
  std::shared_ptr<Balancer> balancer;
  int asked = 0;
  Registry registry;
  registry.SetCheck("replica", [&](const std::string&, absl::Duration,
                                   const std::function<void(absl::Status)>& answer) {
    ++asked;
    balancer.reset();
    answer(absl::OkStatus());
  });
  Balancer::Options options;
  options.config = ConfigFor("replica");
  options.policy = std::make_shared<InOrderPolicy>();
  options.loop = loop;
  options.random = &random;
  options.prober = *registry.MakeProber(options.config, {loop.get(), "service"});
  balancer = Balancer::Create(std::move(options));
  balancer->Update(EndpointsNamed({"a"}));

  loop->Advance(2 * HealthCheckConfig().interval);

  EXPECT_EQ(asked, 1);
  EXPECT_EQ(balancer, nullptr);
  EXPECT_EQ(loop->timer_count(), 0u);
}

TEST(CustomCheckTest, AnUnknownNameIsRefusedWithThoseThatThereAre) {
  ManualEventLoop loop;
  Registry registry;
  const HealthCheck check = [](const std::string&, absl::Duration,
                               const std::function<void(absl::Status)>&) {};
  EXPECT_EQ(
      registry.MakeProber(ConfigFor("x"), {&loop, "service"}).status(),
      absl::InvalidArgumentError("healthCheck.custom.name: \"x\" is no check of this program; "
                                 "it has none, Registry::SetCheck() gives it one"));

  registry.SetCheck("replica", check);
  registry.SetCheck("lag", check);

  EXPECT_EQ(registry.MakeProber(ConfigFor("repilca"), {&loop, "service"}).status(),
            absl::InvalidArgumentError("healthCheck.custom.name: \"repilca\" is no check of this "
                                       "program; allowed: lag, replica"));
}

}  // namespace
}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "core_1_51/grpc_retry_gate.h"

#include <grpc/grpc.h>

#include "gtest/gtest.h"
#include "nines/clock.h"
#include "one_retry.h"
#include "src/core/lib/iomgr/exec_ctx.h"
#include "src/core/lib/resource_quota/resource_quota.h"
#include "src/core/lib/service_config/service_config_impl.h"

namespace nines {
namespace {

constexpr char kConfig[] = R"({"methodConfig": [{"name": [{}], "retryPolicy": {
    "maxAttempts": 4, "initialBackoff": "1s", "maxBackoff": "3s", "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"]}}]})";

class GrpcRetryGateTest : public ::testing::Test {
 protected:
  GrpcRetryGateTest() {
    const auto* methods = config_->GetMethodParsedConfigVector(grpc_empty_slice());
    call_->retry_policy = static_cast<const grpc_core::internal::RetryMethodConfig*>(
        (*methods)[grpc_core::internal::RetryServiceConfigParser::ParserIndex()].get());
    call_->retry_budget = &budget_;
    call_->deadline = ProcessClock().Now() + absl::Minutes(1);
    call_->wait = absl::ZeroDuration();
    call_->log.Begin("a", ProcessClock().Now());
  }
  ~GrpcRetryGateTest() override { arena_->Destroy(); }

  struct Grpc {
    Grpc() { grpc_init(); }
    ~Grpc() { grpc_shutdown(); }
  };
  const Grpc grpc_;  // first: the others need it
  grpc_core::ExecCtx exec_ctx_;
  grpc_core::MemoryAllocator allocator_ =
      grpc_core::ResourceQuota::Default()->memory_quota()->CreateMemoryAllocator("test");
  grpc_core::Arena* const arena_ = grpc_core::Arena::Create(4096, &allocator_);
  const grpc_core::RefCountedPtr<grpc_core::ServiceConfig> config_ =
      *grpc_core::ServiceConfigImpl::Create(grpc_core::ChannelArgs(), kConfig);
  RetryBudget budget_{OneRetry()};
  PerCall* const call_ = arena_->New<PerCall>(arena_);
  GrpcRetryGate gate_{call_};
};

TEST_F(GrpcRetryGateTest, LetsARetryPassThatMayEndInTime) { EXPECT_TRUE(gate_.ShouldRetry()); }

TEST_F(GrpcRetryGateTest, RefusesOneThatCannotBeginBeforeTheDeadline) {
  call_->deadline = ProcessClock().Now() + absl::Seconds(10);
  call_->wait = absl::Seconds(11);

  EXPECT_FALSE(gate_.ShouldRetry());
}

TEST_F(GrpcRetryGateTest, RefusesOneThatNoEndpointIsFastEnoughForAndPaysNothing) {
  call_->is_hopeless = true;

  EXPECT_FALSE(gate_.ShouldRetry());
  EXPECT_TRUE(budget_.TryWithdraw(ProcessClock().Now()));
}

TEST_F(GrpcRetryGateTest, JudgesEachAttemptAnew) {
  call_->is_hopeless = true;
  EXPECT_FALSE(gate_.ShouldRetry());

  EXPECT_TRUE(gate_.ShouldRetry());
}

TEST_F(GrpcRetryGateTest, RefusesWhatTheBudgetDoesNotPay) {
  ASSERT_TRUE(budget_.TryWithdraw(ProcessClock().Now()));

  EXPECT_FALSE(gate_.ShouldRetry());
}

TEST_F(GrpcRetryGateTest, ARetryThatNeverBeganIsGivenBackAtTheCallsEnd) {
  ASSERT_TRUE(gate_.ShouldRetry());
  ASSERT_FALSE(budget_.TryWithdraw(ProcessClock().Now()));

  call_->GiveBackUnlessBegun();
  call_->GiveBackUnlessBegun();

  EXPECT_TRUE(budget_.TryWithdraw(ProcessClock().Now()));
  EXPECT_FALSE(budget_.TryWithdraw(ProcessClock().Now())) << "once";
}

TEST_F(GrpcRetryGateTest, ARetryThatBeganIsNot) {
  ASSERT_TRUE(gate_.ShouldRetry());
  call_->log.Begin("b", ProcessClock().Now());

  call_->GiveBackUnlessBegun();

  EXPECT_FALSE(budget_.TryWithdraw(ProcessClock().Now()));
}

TEST_F(GrpcRetryGateTest, ARetryThatFoundNoEndpointIsPaidOnce) {
  ASSERT_TRUE(gate_.ShouldRetry());

  call_->wait = absl::ZeroDuration();

  EXPECT_TRUE(gate_.ShouldRetry());
}

TEST_F(GrpcRetryGateTest, LeastWaitIsTheServersWordOrA6sShortestBackoff) {
  call_->wait = absl::Milliseconds(7);
  EXPECT_EQ(LeastWait(*call_), absl::Milliseconds(7));

  call_->wait.reset();
  EXPECT_EQ(LeastWait(*call_), absl::Milliseconds(800));
  call_->backoffs = 1;
  EXPECT_EQ(LeastWait(*call_), absl::Milliseconds(1600));
  call_->backoffs = 2;
  EXPECT_EQ(LeastWait(*call_), absl::Milliseconds(2400)) << "of maxBackoff";
}

}  // namespace
}  // namespace nines

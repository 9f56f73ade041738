// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/manual_resolver.h"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "resolvers/endpoint_recorder.h"
#include "support/fakes.h"
#include "support/manual_event_loop.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ManualResolverTest : public ::testing::Test {
 protected:
  std::unique_ptr<Resolver> Make(EndpointInbox* inbox) {
    return factory_->MakeResolver(target_, {&loop_, nullptr, &recorder_, inbox});
  }

  const std::shared_ptr<const ResolverFactory> factory_ = MakeManualResolverFactory();
  const Target target_ = *ParseTarget("manual:///greeter");
  ManualEventLoop loop_;
  EndpointRecorder recorder_;
  const std::shared_ptr<EndpointInbox> inbox_ = MakeEndpointInbox(loop_);
};

TEST_F(ManualResolverTest, GivesWhatTheProgramHandsOver) {
  const auto resolver = Make(inbox_.get());
  inbox_->Put(EndpointsNamed({"127.0.0.1:80"}));

  resolver->Start();
  EXPECT_THAT(recorder_.lines(), IsEmpty()) << "called from within Start()";
  loop_.RunPosted();
  resolver->Refresh();
  inbox_->Put(EndpointsNamed({"[::1]:80", "127.0.0.1:80"}));
  loop_.RunPosted();

  EXPECT_THAT(recorder_.lines(), ElementsAre("127.0.0.1:80", "[::1]:80 127.0.0.1:80"));
}

TEST_F(ManualResolverTest, ADestroyedResolverIsSilent) {
  auto resolver = Make(inbox_.get());
  resolver->Start();
  inbox_->Put(EndpointsNamed({"127.0.0.1:80"}));

  resolver.reset();
  loop_.RunPosted();

  EXPECT_THAT(recorder_.lines(), IsEmpty());
}

TEST_F(ManualResolverTest, WithoutAProgramThatHandsOverItIsSilent) {
  const auto resolver = Make(nullptr);

  resolver->Start();
  loop_.Advance(absl::Hours(1));

  EXPECT_THAT(recorder_.lines(), IsEmpty());
}

TEST_F(ManualResolverTest, TheNameIsTheAuthority) {
  EXPECT_EQ(factory_->DefaultAuthority(*ParseTarget("manual:///a.example:443")), "a.example:443");
  EXPECT_EQ(factory_->DefaultAuthority(*ParseTarget("manual:///")), "localhost");
}

struct RefusedCase {
  std::string target;
  std::string why;
};

class RefusedManualTargetTest : public ::testing::TestWithParam<RefusedCase> {};

TEST_P(RefusedManualTargetTest, NamesTheTargetAndTheReason) {
  const absl::Status status =
      MakeManualResolverFactory()->CheckTarget(*ParseTarget(GetParam().target));

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().target + ": "));
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(All, RefusedManualTargetTest,
                         ::testing::Values(RefusedCase{"manual://greeter/",
                                                       "the name is preceded by an authority"},
                                           RefusedCase{"manual:///a b", "has the character"},
                                           RefusedCase{"manual:///a:0", "port 0 is out of range"}));

}  // namespace
}  // namespace nines

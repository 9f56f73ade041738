// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "hosted_list.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "nines/static_resolver.h"
#include "resolvers/endpoint_recorder.h"
#include "support/fakes.h"
#include "support/host_resolvers.h"
#include "support/manual_event_loop.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kErrorA[] = "UNAVAILABLE: static:///list: a:80 is unknown";
constexpr char kErrorB[] = "UNAVAILABLE: static:///list: b:80 is unknown";

class HostedListTest : public ::testing::Test {
 protected:
  void Set(const std::vector<std::string>& addresses) {
    list_.SetEntries(EndpointsNamed(addresses));
  }

  ManualEventLoop loop_;
  const std::shared_ptr<HostResolvers> hosts_ = std::make_shared<HostResolvers>();
  EndpointRecorder recorder_;
  HostedList list_{"static:///list",
                   ResolveHostsBy(hosts_, ResolverContext{&loop_, nullptr, &recorder_}),
                   &recorder_};
};

TEST_F(HostedListTest, WithoutNamesIsGivenAtOnce) {
  Set({"127.0.0.1:80", "unix:/a:80"});

  EXPECT_THAT(recorder_.lines(), ElementsAre("127.0.0.1:80 unix:/a:80"));
  EXPECT_THAT(hosts_->followed(), IsEmpty());
}

TEST_F(HostedListTest, HasTheAddressesOfItsHostsInTheirPlaces) {
  Set({"127.0.0.1:80", "b:80", "127.0.0.9:80", "a:80"});
  hosts_->Answer("a:80", {"127.0.0.2:80"});
  EXPECT_THAT(recorder_.lines(), IsEmpty()) << "b has not answered yet";

  hosts_->Answer("b:80", {"127.0.0.3:80", "127.0.0.4:80"});

  EXPECT_THAT(recorder_.lines(),
              ElementsAre("127.0.0.1:80 127.0.0.3:80 127.0.0.4:80 127.0.0.9:80 127.0.0.2:80"));
}

TEST_F(HostedListTest, EachAddressHasAllElseThatTheEntrySays) {
  class Keeper final : public Resolver::Listener {
   public:
    void OnEndpoints(EndpointList endpoints) override { last = std::move(endpoints); }
    void OnResolveError(const absl::Status& /*status*/) override {}
    void OnServiceConfig(std::string /*json*/) override {}
    EndpointList last;
  };
  Keeper keeper;
  HostedList list("x", ResolveHostsBy(hosts_, ResolverContext{&loop_, nullptr, &keeper}), &keeper);
  Endpoint entry = EndpointsNamed({"a:80"})[0];
  entry.weight = 3;
  entry.tier = 1;
  entry.hash_key = "shard";
  entry.zone = "z";
  entry.attributes["rack"] = "7";

  list.SetEntries({entry});
  hosts_->Answer("a:80", {"127.0.0.1:80", "127.0.0.2:80"});

  Endpoint first = entry;
  first.address = "127.0.0.1:80";
  Endpoint second = entry;
  second.address = "127.0.0.2:80";
  EXPECT_THAT(keeper.last, ElementsAre(first, second));
}

TEST_F(HostedListTest, AHostThatStandsTwiceIsFollowedOnce) {
  Set({"a:80", "a:80", "a:81"});

  EXPECT_EQ(hosts_->starts, 2);
  EXPECT_THAT(hosts_->followed(), ElementsAre("a:80", "a:81"));
}

TEST_F(HostedListTest, AnAddressBelongsToTheFirstEntryThatLeadsToIt) {
  Set({"a:80", "127.0.0.2:80", "b:80"});
  hosts_->Answer("a:80", {"127.0.0.1:80", "127.0.0.2:80"});
  hosts_->Answer("b:80", {"127.0.0.1:80", "127.0.0.3:80"});

  EXPECT_THAT(recorder_.lines(), ElementsAre("127.0.0.1:80 127.0.0.2:80 127.0.0.3:80"));
}

TEST_F(HostedListTest, FollowsEachHost) {
  Set({"a:80", "b:80"});
  hosts_->Answer("a:80", {"127.0.0.1:80"});
  hosts_->Answer("b:80", {"127.0.0.2:80"});

  hosts_->Answer("a:80", {"127.0.0.3:80"});
  hosts_->Answer("b:80", {});

  EXPECT_THAT(recorder_.lines(), ElementsAre("127.0.0.1:80 127.0.0.2:80",
                                             "127.0.0.3:80 127.0.0.2:80", "127.0.0.3:80"));
}

TEST_F(HostedListTest, AHostThatCannotBeResolvedIsToldBehindTheOthers) {
  Set({"127.0.0.1:80", "a:80", "b:80"});

  hosts_->Fail("a:80");
  EXPECT_THAT(recorder_.lines(), IsEmpty()) << "b has not answered yet";
  hosts_->Answer("b:80", {"127.0.0.2:80"});

  EXPECT_THAT(recorder_.lines(), ElementsAre("127.0.0.1:80 127.0.0.2:80", kErrorA));
}

TEST_F(HostedListTest, ThatNoHostCanBeResolvedIsNoEmptyList) {
  Set({"a:80", "b:80"});

  hosts_->Fail("a:80");
  hosts_->Fail("b:80");
  hosts_->Fail("b:80");

  EXPECT_THAT(recorder_.lines(), ElementsAre(kErrorA, kErrorB, kErrorB));
}

TEST_F(HostedListTest, AHostThatFailsKeepsItsAddresses) {
  Set({"a:80", "b:80"});
  hosts_->Answer("a:80", {"127.0.0.1:80"});
  hosts_->Answer("b:80", {"127.0.0.2:80"});

  hosts_->Fail("a:80");
  hosts_->Answer("b:80", {"127.0.0.3:80"});

  EXPECT_THAT(recorder_.lines(),
              ElementsAre("127.0.0.1:80 127.0.0.2:80", kErrorA, "127.0.0.1:80 127.0.0.3:80"));
}

TEST_F(HostedListTest, AnEditKeepsWhatIsKnownOfAHost) {
  Set({"a:80"});
  hosts_->Answer("a:80", {"127.0.0.1:80"});

  Set({"a:80", "127.0.0.9:80"});

  EXPECT_EQ(hosts_->starts, 1);
  EXPECT_THAT(recorder_.lines(), ElementsAre("127.0.0.1:80", "127.0.0.1:80 127.0.0.9:80"));
}

TEST_F(HostedListTest, AnEditCountsWhenItsNewHostIsKnown) {
  Set({"a:80"});
  hosts_->Answer("a:80", {"127.0.0.1:80"});
  Set({"b:80"});
  EXPECT_THAT(hosts_->followed(), ElementsAre("b:80"));
  EXPECT_THAT(recorder_.lines(), SizeIs(1));

  hosts_->Answer("b:80", {"127.0.0.2:80"});

  EXPECT_THAT(recorder_.lines(), ElementsAre("127.0.0.1:80", "127.0.0.2:80"));
}

TEST_F(HostedListTest, EditsOfAListThatCannotBeResolvedTakeNothingAway) {
  Set({"127.0.0.1:80"});
  Set({"a:80"});
  hosts_->Fail("a:80");

  EndpointList edited = EndpointsNamed({"a:80"});
  edited[0].zone = "z";
  list_.SetEntries(edited);

  EXPECT_THAT(recorder_.lines(), ElementsAre("127.0.0.1:80", kErrorA, kErrorA));
}

TEST_F(HostedListTest, RefreshAsksForEachHost) {
  Set({"a:80", "127.0.0.1:80", "b:80"});

  list_.Refresh();

  EXPECT_EQ(hosts_->refreshes, 2);
}

TEST(CheckHostCountTest, AllowsAHundredDifferentHosts) {
  EndpointList endpoints = EndpointsNamed({"h0:80", "127.0.0.1:80"});
  for (int i = 0; i < 100; ++i)
    endpoints.push_back(EndpointsNamed({absl::StrCat("h", i, ":80")})[0]);
  EXPECT_EQ(CheckHostCount(endpoints), absl::OkStatus());

  endpoints.push_back(EndpointsNamed({"more:80"})[0]);

  EXPECT_EQ(CheckHostCount(endpoints),
            absl::InvalidArgumentError("the list has 101 host names; allowed: at most 100; one "
                                       "name may have many addresses"));
}

TEST(StaticHostsTest, AStaticTargetFollowsItsHosts) {
  const auto hosts = std::make_shared<HostResolvers>();
  const auto factory = MakeStaticResolverFactory(hosts);
  const Target target = *ParseTarget("static:///127.0.0.1:80,Greeter.example:80");
  ASSERT_EQ(factory->CheckTarget(target), absl::OkStatus());
  ManualEventLoop loop;
  EndpointRecorder recorder;
  const auto resolver = factory->MakeResolver(target, {&loop, nullptr, &recorder});

  resolver->Start();
  EXPECT_THAT(hosts->followed(), IsEmpty()) << "called from within Start()";
  loop.Advance(absl::ZeroDuration());
  hosts->Answer("greeter.example:80", {"127.0.0.2:80"});
  hosts->Answer("greeter.example:80", {"127.0.0.3:80"});
  resolver->Refresh();

  EXPECT_THAT(recorder.lines(),
              ElementsAre("127.0.0.1:80 127.0.0.2:80", "127.0.0.1:80 127.0.0.3:80"));
  EXPECT_EQ(hosts->refreshes, 1);
}

TEST(StaticHostsTest, AStaticTargetHasAtMostAHundredHosts) {
  std::string target = "static:///127.0.0.1:80";
  for (int i = 0; i <= 100; ++i) absl::StrAppend(&target, ",h", i, ":80");

  EXPECT_THAT(std::string(MakeStaticResolverFactory()->CheckTarget(*ParseTarget(target)).message()),
              HasSubstr("the list has 101 host names; allowed: at most 100"));
}

}  // namespace
}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "refreshing_resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/time.h"
#include "resolvers/refreshing_resolver_fixture.h"

namespace nines {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::Not;

TEST_F(RefreshingResolverTest, GivesWhatDnsSays) {
  resolver_->Start();

  lookup_->Finish(Has({"127.0.0.2", "127.0.0.1"}, absl::Seconds(10)));

  EXPECT_THAT(recorder_.lines(), ElementsAre("127.0.0.1:80 127.0.0.2:80"));
}

TEST_F(RefreshingResolverTest, LooksUpAgainWhenTheTtlIsOver) {
  resolver_->Start();
  lookup_->Finish(Has({"127.0.0.1"}, absl::Seconds(10)));

  loop_.Advance(absl::Milliseconds(9999));
  EXPECT_EQ(lookup_->started, 1);
  loop_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(lookup_->started, 2);
  lookup_->Finish(Has({"127.0.0.1", "127.0.0.2"}, absl::Seconds(10)));

  EXPECT_THAT(recorder_.lines(), ElementsAre("127.0.0.1:80", "127.0.0.1:80 127.0.0.2:80"));
}

TEST_F(RefreshingResolverTest, IsSilentWhenNothingHasChanged) {
  resolver_->Start();
  lookup_->Finish(Has({"127.0.0.1", "127.0.0.2"}, absl::Seconds(10)));

  loop_.Advance(absl::Seconds(10));
  lookup_->Finish(Has({"127.0.0.2", "127.0.0.1"}, absl::Seconds(10)));

  EXPECT_EQ(recorder_.lines().size(), 1u);
}

TEST_F(RefreshingResolverTest, ReportsFailuresWithTheTargetAndTriesAgain) {
  resolver_->Start();

  lookup_->Finish(Fails());

  EXPECT_THAT(recorder_.lines(),
              ElementsAre("UNAVAILABLE: dns:///greeter:80: IPv4: no answer; IPv6: none"));
  loop_.Advance(absl::Seconds(1));
  EXPECT_EQ(lookup_->started, 2);
}

TEST_F(RefreshingResolverTest, ReportsTheSameEndpointsAgainAfterAFailure) {
  resolver_->Start();
  lookup_->Finish(Has({"127.0.0.1"}, absl::Seconds(10)));
  loop_.Advance(absl::Seconds(10));
  lookup_->Finish(Fails());

  loop_.Advance(absl::Seconds(1));
  lookup_->Finish(Has({"127.0.0.1"}, absl::Seconds(10)));

  EXPECT_THAT(
      recorder_.lines(),
      ElementsAre("127.0.0.1:80",
                  "UNAVAILABLE: dns:///greeter:80: IPv4: no answer; IPv6: none; 1 endpoint of 10s "
                  "ago in use",
                  "127.0.0.1:80"));
}

TEST_F(RefreshingResolverTest, ErrorsNeverTakeEndpointsAway) {
  resolver_->Start();
  lookup_->Finish(Has({"127.0.0.1", "127.0.0.2"}, absl::Seconds(10)));

  loop_.Advance(absl::Seconds(10));
  while (loop_.clock().Now() < absl::FromUnixSeconds(1'003'600)) {
    lookup_->Finish(Fails());
    loop_.Advance(absl::Seconds(30));
  }

  EXPECT_THAT(recorder_.lines(), Contains("127.0.0.1:80 127.0.0.2:80").Times(1));
  EXPECT_THAT(recorder_.lines(), Not(Contains("")));
  EXPECT_THAT(recorder_.lines().back(), EndsWith("; 2 endpoints of 59m40s ago in use"));
}

TEST_F(RefreshingResolverTest, MaxStaleEndsWhatNoLookupConfirms) {
  DnsOptions options;
  options.max_stale = absl::Minutes(10);
  UseOptions(options);
  resolver_->Start();
  lookup_->Finish(Has({"127.0.0.1"}, absl::Seconds(10)));
  loop_.Advance(absl::Seconds(10));

  for (absl::Duration age = absl::Seconds(10); age < absl::Minutes(10); age += absl::Seconds(35)) {
    lookup_->Finish(Fails());
    EXPECT_THAT(recorder_.lines(), Not(Contains("")));
    loop_.Advance(absl::Seconds(35));
  }
  lookup_->Finish(Fails());

  EXPECT_THAT(recorder_.lines(), Contains("").Times(1));
  EXPECT_EQ(
      recorder_.lines().back(),
      "UNAVAILABLE: dns:///greeter:80: IPv4: no answer; IPv6: none; the last answer is of 10m5s "
      "ago, and counts for 10m");
}

TEST_F(RefreshingResolverTest, WhatIsStaleDoesNotComeBackBesideAnotherFamily) {
  DnsOptions options;
  options.max_stale = absl::Seconds(10);
  UseOptions(options);
  resolver_->Start();
  lookup_->Finish(Has({"127.0.0.1"}, absl::Seconds(10)));
  loop_.Advance(absl::Seconds(10));
  lookup_->Finish(Fails());
  loop_.Advance(absl::Seconds(2));

  lookup_->Finish(Fails(), Has({"::1"}, absl::Seconds(10)));

  EXPECT_EQ(recorder_.lines().back(), "[::1]:80");
}

TEST_F(RefreshingResolverTest, ANameThatVanishesKeepsItsEndpointsForFiveMinutes) {
  resolver_->Start();
  lookup_->Finish(Has({"127.0.0.1"}, absl::Seconds(10)));

  loop_.Advance(absl::Seconds(10));
  for (int i = 0; i < 10; ++i) {
    lookup_->Finish(HasNone());
    loop_.Advance(absl::Seconds(30));
    EXPECT_THAT(recorder_.lines(), Not(Contains(""))) << i;
  }
  lookup_->Finish(HasNone());

  EXPECT_EQ(recorder_.lines()[1], "127.0.0.1:80");  // lame now
  EXPECT_EQ(recorder_.lines()[2],
            "NOT_FOUND: dns:///greeter:80: none; 1 endpoint of 10s ago in use");
  EXPECT_EQ(recorder_.lines()[12], "");
  EXPECT_EQ(recorder_.lines()[13], "NOT_FOUND: dns:///greeter:80: none");
}

TEST_F(RefreshingResolverTest, AnAnswerThatLacksMostIsHeldAndSaidOnce) {
  resolver_->Start();
  lookup_->Finish(Has({"127.0.0.1", "127.0.0.2", "127.0.0.3"}, absl::Seconds(10)));

  for (int i = 0; i < 4; ++i) {
    loop_.Advance(absl::Seconds(10));
    lookup_->Finish(Has({"127.0.0.3"}, absl::Seconds(10)));
  }

  EXPECT_THAT(recorder_.lines(),
              ElementsAre("127.0.0.1:80 127.0.0.2:80 127.0.0.3:80",
                          "127.0.0.3:80 127.0.0.1:80 127.0.0.2:80",
                          "UNAVAILABLE: dns:///greeter:80: the answer has 1 endpoint, there were "
                          "3; 2 stay in use until further answers lack them too",
                          "127.0.0.3:80"));
}

TEST_F(RefreshingResolverTest, WhatIsGivenUpAmongEmptyAnswersIsTold) {
  resolver_->Start();
  lookup_->Finish(Has({"127.0.0.1", "127.0.0.2", "127.0.0.3"}, absl::Seconds(10)));
  loop_.Advance(absl::Seconds(10));
  lookup_->Finish(Has({"127.0.0.3"}, absl::Seconds(10)));

  loop_.Advance(absl::Seconds(35));
  for (int i = 0; i < 10; ++i) {
    lookup_->Finish(HasNone());
    loop_.Advance(absl::Seconds(30));
  }

  EXPECT_EQ(recorder_.lines()[13], "127.0.0.3:80");
}

TEST_F(RefreshingResolverTest, AnAddressThatNoServerCanHaveIsSaidOnce) {
  resolver_->Start();
  lookup_->Finish(Has({"127.0.0.1", "0.0.0.0", "224.0.0.1"}, absl::Seconds(10)));
  loop_.Advance(absl::Seconds(10));
  lookup_->Finish(Has({"127.0.0.1", "0.0.0.0", "224.0.0.1"}, absl::Seconds(10)));

  EXPECT_THAT(recorder_.lines(),
              ElementsAre("127.0.0.1:80",
                          "UNAVAILABLE: dns:///greeter:80: no server can have the address 0.0.0.0, "
                          "224.0.0.1"));
}

TEST_F(RefreshingResolverTest, RefreshBringsTheNextLookupForward) {
  resolver_->Start();
  lookup_->Finish(Has({"127.0.0.1"}, absl::Seconds(60)));
  loop_.Advance(absl::Seconds(5));

  resolver_->Refresh();
  loop_.Advance(absl::ZeroDuration());

  EXPECT_EQ(lookup_->started, 2);
}

TEST_F(RefreshingResolverTest, RefreshIsLimitedToOneLookupASecond) {
  resolver_->Start();
  lookup_->Finish(Has({"127.0.0.1"}, absl::Seconds(60)));

  for (int i = 0; i < 999; ++i) {
    resolver_->Refresh();
    loop_.Advance(absl::Milliseconds(1));
  }
  EXPECT_EQ(lookup_->started, 1);
  loop_.Advance(absl::Milliseconds(1));

  EXPECT_EQ(lookup_->started, 2);
}

TEST_F(RefreshingResolverTest, RefreshDoesNotPutAnEarlierLookupOff) {
  resolver_->Start();
  lookup_->Finish(Has({"127.0.0.1"}, absl::ZeroDuration()));

  loop_.Advance(absl::Milliseconds(999));
  resolver_->Refresh();
  loop_.Advance(absl::Milliseconds(1));

  EXPECT_EQ(lookup_->started, 2);
}

TEST_F(RefreshingResolverTest, RefreshIsPassedOverWhileALookupRuns) {
  resolver_->Start();
  loop_.Advance(absl::Seconds(2));

  resolver_->Refresh();
  loop_.Advance(absl::Seconds(1));

  EXPECT_EQ(lookup_->started, 1);
  EXPECT_TRUE(lookup_->is_running());
}

TEST_F(RefreshingResolverTest, RefreshLeavesTheBackoffAlone) {
  resolver_->Start();
  lookup_->Finish(Fails());
  loop_.Advance(absl::Seconds(1));
  lookup_->Finish(Fails());

  loop_.Advance(absl::Milliseconds(1500));
  resolver_->Refresh();
  loop_.Advance(absl::Milliseconds(99));
  EXPECT_EQ(lookup_->started, 2);
  loop_.Advance(absl::Milliseconds(1));

  EXPECT_EQ(lookup_->started, 3);
}

TEST_F(RefreshingResolverTest, RefreshBeforeStartIsPassedOver) {
  resolver_->Refresh();
  loop_.Advance(absl::Seconds(10));

  EXPECT_EQ(lookup_->started, 0);
}

TEST_F(RefreshingResolverTest, DestroyingItStopsIt) {
  resolver_->Start();
  lookup_->Finish(Has({"127.0.0.1"}, absl::Seconds(10)));

  resolver_.reset();

  EXPECT_EQ(loop_.timer_count(), 0u);
}

}  // namespace
}  // namespace nines

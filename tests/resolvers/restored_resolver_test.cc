// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// A resolver that begins with what a process before this one knew.

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/time.h"
#include "nines/resolver.h"
#include "resolvers/refreshing_resolver_fixture.h"

namespace nines {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::Not;

// What a process knew that ended a minute ago, and had no answer for two minutes before.
class RestoredResolverTest : public RefreshingResolverTest {
 protected:
  void StartWith(const std::vector<std::string>& addresses,
                 absl::Duration away = absl::Minutes(1)) {
    const absl::Time now = loop_.clock().Now();
    resolver_->Restore({EndpointsNamed(addresses), now - away - absl::Minutes(2), now - away});
    resolver_->Start();
  }
};

TEST_F(RestoredResolverTest, TheFirstAnswerIsToldThoughItIsTheSame) {
  StartWith({"127.0.0.1:80", "127.0.0.2:80"});

  lookup_->Finish(Has({"127.0.0.1", "127.0.0.2"}, absl::Seconds(10)));
  loop_.Advance(absl::Seconds(10));
  lookup_->Finish(Has({"127.0.0.1", "127.0.0.2"}, absl::Seconds(10)));

  EXPECT_THAT(recorder_.lines(), ElementsAre("127.0.0.1:80 127.0.0.2:80"));
}

TEST_F(RestoredResolverTest, AFirstAnswerThatLacksMostIsNotBelievedUntilItIsConfirmed) {
  StartWith({"127.0.0.1:80", "127.0.0.2:80", "127.0.0.3:80"});

  lookup_->Finish(Has({"127.0.0.3"}, absl::Seconds(10)));
  for (int i = 0; i < 3; ++i) {
    loop_.Advance(absl::Seconds(10));
    lookup_->Finish(Has({"127.0.0.3"}, absl::Seconds(10)));
  }

  EXPECT_THAT(recorder_.lines(),
              ElementsAre("127.0.0.3:80 127.0.0.1:80 127.0.0.2:80",
                          "UNAVAILABLE: dns:///greeter:80: the answer has 1 endpoint, there were "
                          "3; 2 stay in use until further answers lack them too",
                          "127.0.0.3:80"));
}

TEST_F(RestoredResolverTest, AFirstAnswerIsBelievedIfTheProcessWasAwayForLong) {
  StartWith({"127.0.0.1:80", "127.0.0.2:80", "127.0.0.3:80"}, absl::Minutes(11));

  lookup_->Finish(Has({"127.0.0.3"}, absl::Seconds(10)));

  EXPECT_THAT(recorder_.lines(), ElementsAre("127.0.0.3:80"));
}

TEST_F(RestoredResolverTest, TheAnswersAfterThatAreDoubtedAsEver) {
  StartWith({"127.0.0.1:80"}, absl::Minutes(11));
  lookup_->Finish(Has({"127.0.0.1", "127.0.0.2", "127.0.0.3"}, absl::Seconds(10)));

  loop_.Advance(absl::Seconds(10));
  lookup_->Finish(Has({"127.0.0.3"}, absl::Seconds(10)));

  EXPECT_EQ(recorder_.lines()[1], "127.0.0.3:80 127.0.0.1:80 127.0.0.2:80");
}

TEST_F(RestoredResolverTest, AFamilyThatTheFirstAnswerFailsToSayStays) {
  StartWith({"127.0.0.1:80", "127.0.0.2:80", "[::1]:80"});

  lookup_->Finish(Has({"127.0.0.1"}, absl::Seconds(10)), Fails());

  EXPECT_THAT(recorder_.lines(), ElementsAre("127.0.0.1:80 [::1]:80"));
}

TEST_F(RestoredResolverTest, ItGoesIfTheProcessWasAwayForLong) {
  StartWith({"127.0.0.1:80", "[::1]:80"}, absl::Minutes(11));

  lookup_->Finish(Has({"127.0.0.1"}, absl::Seconds(10)), Fails());

  EXPECT_THAT(recorder_.lines(), ElementsAre("127.0.0.1:80"));
}

TEST_F(RestoredResolverTest, AnErrorSaysHowOldTheyAre) {
  StartWith({"127.0.0.1:80"});

  lookup_->Finish(Fails());

  EXPECT_THAT(recorder_.lines(),
              ElementsAre("UNAVAILABLE: dns:///greeter:80: IPv4: no answer; IPv6: none; 1 endpoint "
                          "of 3m ago in use"));
}

TEST_F(RestoredResolverTest, ANameThatHasVanishedKeepsThemForFiveMinutes) {
  StartWith({"127.0.0.1:80"}, absl::Hours(1));

  lookup_->Finish(HasNone());
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(recorder_.lines(), Not(Contains(""))) << i;
    loop_.Advance(absl::Seconds(30));
    lookup_->Finish(HasNone());
  }

  EXPECT_THAT(recorder_.lines(), Contains("").Times(1));
}

TEST_F(RestoredResolverTest, MaxStaleCountsFromTheAnswerThatTheProcessBeforeHad) {
  DnsOptions options;
  options.max_stale = absl::Minutes(3);
  UseOptions(options);
  StartWith({"127.0.0.1:80"});

  lookup_->Finish(Fails());

  EXPECT_THAT(recorder_.lines(),
              ElementsAre("", EndsWith("; the last answer is of 3m ago, and counts for 3m")));
}

}  // namespace
}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "answer_guard.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "support/fakes.h"

namespace nines {
namespace {

// Answers every ten seconds, unless a test says otherwise.
class AnswerGuardTest : public ::testing::Test {
 protected:
  AnswerGuardTest() : AnswerGuardTest(DnsOptions()) {}
  explicit AnswerGuardTest(const DnsOptions& options) : guard_(options) {}

  // What is in force after an answer with these; whom it lacks in brackets.
  std::string After(const std::vector<std::string>& addresses,
                    absl::Duration later = absl::Seconds(10)) {
    now_ += later;
    newly_held_ = guard_.OnAnswer(EndpointsNamed(addresses), now_);
    return InForce();
  }
  std::string InForce() const {
    return absl::StrJoin(guard_.in_force(), "", [](std::string* out, const Endpoint& endpoint) {
      out->append(endpoint.is_lame ? absl::StrCat("(", endpoint.address, ")") : endpoint.address);
    });
  }

  AnswerGuard guard_;
  absl::Time now_ = absl::FromUnixSeconds(1'000'000);
  size_t newly_held_ = 0;
};

TEST_F(AnswerGuardTest, TheFirstAnswerCounts) {
  EXPECT_EQ(After({"b", "a"}), "ba");
  EXPECT_EQ(newly_held_, 0u);
}

TEST_F(AnswerGuardTest, TheFirstAnswerIsJudgedByWhatWasRestored) {
  guard_.Restore(EndpointsNamed({"a", "b", "c", "d"}), now_);
  EXPECT_EQ(InForce(), "abcd");
  EXPECT_EQ(guard_.held(), 0u);

  EXPECT_EQ(After({"d"}), "d(a)(b)(c)");
  EXPECT_EQ(newly_held_, 3u);
}

TEST_F(AnswerGuardTest, WhatWasHeldIsHeldFromTheRestorationOn) {
  EndpointList endpoints = EndpointsNamed({"a", "b", "c"});
  endpoints[2].is_lame = true;
  guard_.Restore(endpoints, now_);

  EXPECT_EQ(After({"a", "b"}), "ab(c)");  // though an answer that lacks a third is believed
  EXPECT_EQ(newly_held_, 0u);
  EXPECT_EQ(After({"a", "b"}), "ab(c)");
  EXPECT_EQ(After({"a", "b"}), "ab");  // the third, after thirty seconds
}

TEST_F(AnswerGuardTest, NewEndpointsCountAtOnce) {
  After({"a"});

  EXPECT_EQ(After({"a", "b", "c"}), "abc");
}

TEST_F(AnswerGuardTest, HalfOfThemMayGoAtOnce) {
  After({"a", "b", "c", "d"});

  EXPECT_EQ(After({"b", "d"}), "bd");
  EXPECT_EQ(newly_held_, 0u);
}

TEST_F(AnswerGuardTest, MoreThanHalfAreHeldBehindTheOthers) {
  After({"a", "b", "c", "d"});

  EXPECT_EQ(After({"d"}), "d(a)(b)(c)");
  EXPECT_EQ(newly_held_, 3u);
  EXPECT_EQ(guard_.held(), 3u);
}

TEST_F(AnswerGuardTest, WhatIsNewBesideThemCountsAtOnce) {
  After({"a", "b", "c", "d"});

  EXPECT_EQ(After({"x"}), "x(a)(b)(c)(d)");
}

TEST_F(AnswerGuardTest, AMoveToAsManyOthersCountsAtOnce) {
  After({"a", "b", "c", "d"});

  EXPECT_EQ(After({"e", "f", "g", "h"}), "efgh");
}

TEST_F(AnswerGuardTest, FewerNewOnesThanAreMissingAreNoMove) {
  After({"a", "b"});
  EXPECT_EQ(After({"x"}), "x(a)(b)");

  guard_.Forget();
  After({"a", "b", "c", "d"});
  EXPECT_EQ(After({"a", "x", "y"}), "axy(b)(c)(d)") << "as long an answer as half";
}

TEST_F(AnswerGuardTest, ThreeFurtherAnswersConfirm) {
  After({"a", "b", "c"});
  After({"a"});

  EXPECT_EQ(After({"a"}), "a(b)(c)");
  EXPECT_EQ(newly_held_, 0u);
  EXPECT_EQ(After({"a"}), "a(b)(c)");
  EXPECT_EQ(After({"a"}), "a");
  EXPECT_EQ(guard_.held(), 0u);
}

TEST_F(AnswerGuardTest, QuickAnswersDoNotConfirmBeforeHalfAMinute) {
  After({"a", "b", "c"});
  After({"a"});

  for (int i = 0; i < 29; ++i) EXPECT_EQ(After({"a"}, absl::Seconds(1)), "a(b)(c)");
  EXPECT_EQ(After({"a"}, absl::Seconds(1)), "a");
}

TEST_F(AnswerGuardTest, AnEndpointThatReturnsStartsAnew) {
  After({"a", "b", "c", "d"});
  After({"a"});
  After({"a"});
  After({"a", "b"});

  // c and d are missing for the fourth time, b for the first.
  EXPECT_EQ(After({"a"}), "a(b)");
  EXPECT_EQ(After({"a"}), "a(b)");
  EXPECT_EQ(After({"a"}), "a(b)");
  EXPECT_EQ(After({"a"}), "a");
}

TEST_F(AnswerGuardTest, ServersThatShowAFewOfManyLoseNone) {
  After({"a", "b", "c", "d", "e", "f"});

  EXPECT_EQ(After({"a", "b"}), "ab(c)(d)(e)(f)");
  EXPECT_EQ(After({"c", "d"}), "cd(a)(b)(e)(f)");
  EXPECT_EQ(After({"e", "f"}), "ef(c)(d)(a)(b)");
  EXPECT_EQ(After({"a", "b"}), "ab(e)(f)(c)(d)");
}

TEST_F(AnswerGuardTest, AnEmptyAnswerIsHeldForFiveMinutes) {
  After({"a", "b"});
  After({});

  for (int i = 0; i < 29; ++i) EXPECT_EQ(After({}), "(a)(b)");
  EXPECT_EQ(After({}), "");
}

TEST_F(AnswerGuardTest, OneEmptyAnswerAfterALongTimeIsNotConfirmed) {
  After({"a", "b"});
  After({});

  EXPECT_EQ(After({}, absl::Hours(1)), "(a)(b)");
  EXPECT_EQ(After({}, absl::Hours(1)), "(a)(b)");
  EXPECT_EQ(After({}, absl::Hours(1)), "");
}

TEST_F(AnswerGuardTest, AnAnswerAfterEmptyOnesEndsTheirCount) {
  After({"a", "b"});
  for (int i = 0; i < 30; ++i) After({});

  EXPECT_EQ(After({"a", "b"}), "ab");
  EXPECT_EQ(After({}), "(a)(b)");
}

TEST_F(AnswerGuardTest, AnEndpointThatStaysIsAsTheAnswerSays) {
  After({"a"});
  EndpointList heavier = EndpointsNamed({"a"});
  heavier[0].weight = 7;

  guard_.OnAnswer(heavier, now_);

  EXPECT_EQ(guard_.in_force(), heavier);
}

class BelievingGuardTest : public AnswerGuardTest {
 protected:
  static DnsOptions Believing() {
    DnsOptions options;
    options.max_drop_ratio = 1;
    return options;
  }
  BelievingGuardTest() : AnswerGuardTest(Believing()) {}
};

TEST_F(BelievingGuardTest, AnyDropCountsAtOnce) {
  After({"a", "b", "c", "d"});

  EXPECT_EQ(After({"a"}), "a");
  EXPECT_EQ(After({}), "");
}

}  // namespace
}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "dns_answer.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<IpAddress> Addresses(const std::vector<std::string>& texts) {
  std::vector<IpAddress> addresses;
  addresses.reserve(texts.size());
  for (const std::string& text : texts) addresses.push_back(ParseIpAddress(text).value());
  return addresses;
}

std::vector<std::string> Texts(const std::vector<IpAddress>& addresses) {
  std::vector<std::string> texts;
  texts.reserve(addresses.size());
  for (const IpAddress& address : addresses) texts.push_back(FormatIpAddress(address));
  return texts;
}

FamilyAnswer Has(const std::vector<std::string>& texts, absl::Duration ttl = absl::Seconds(30)) {
  return {absl::OkStatus(), Addresses(texts), ttl};
}
FamilyAnswer HasNone() { return {absl::NotFoundError("none"), {}, absl::Seconds(1)}; }
FamilyAnswer Fails() { return {absl::UnavailableError("no answer"), {}, absl::Seconds(1)}; }

TEST(DnsAnswerTest, SortsAndDropsDuplicates) {
  const auto merged =
      MergeAnswer({}, {Has({"10.0.0.1", "9.0.0.1", "10.0.0.1"}), Has({"::2", "::1"})});

  ASSERT_TRUE(merged.ok()) << merged.status();
  EXPECT_THAT(Texts(merged->addresses.ipv4), ElementsAre("9.0.0.1", "10.0.0.1"));
  EXPECT_THAT(Texts(merged->addresses.ipv6), ElementsAre("::1", "::2"));
  EXPECT_FALSE(merged->is_partial);
}

TEST(DnsAnswerTest, HasTheShorterTtl) {
  const auto merged =
      MergeAnswer({}, {Has({"127.0.0.1"}, absl::Seconds(30)), Has({"::1"}, absl::Seconds(20))});

  ASSERT_TRUE(merged.ok()) << merged.status();
  EXPECT_EQ(merged->ttl, absl::Seconds(20));
}

TEST(DnsAnswerTest, OneFamilyIsEnough) {
  const auto merged = MergeAnswer({}, {HasNone(), Has({"::1"}, absl::Seconds(20))});

  ASSERT_TRUE(merged.ok()) << merged.status();
  EXPECT_THAT(merged->addresses.ipv4, IsEmpty());
  EXPECT_THAT(Texts(merged->addresses.ipv6), ElementsAre("::1"));
  EXPECT_EQ(merged->ttl, absl::Seconds(20));
  EXPECT_FALSE(merged->is_partial);
}

TEST(DnsAnswerTest, AFamilyThatHasNoneAnyMoreLosesItsAddresses) {
  const KnownAddresses known{Addresses({"127.0.0.1"}), Addresses({"::1"})};

  const auto merged = MergeAnswer(known, {Has({"127.0.0.1"}), HasNone()});

  ASSERT_TRUE(merged.ok()) << merged.status();
  EXPECT_THAT(merged->addresses.ipv6, IsEmpty());
}

TEST(DnsAnswerTest, AFamilyThatFailsKeepsItsAddresses) {
  const KnownAddresses known{Addresses({"127.0.0.1"}), Addresses({"::1"})};

  const auto merged = MergeAnswer(known, {Has({"127.0.0.2"}), Fails()});

  ASSERT_TRUE(merged.ok()) << merged.status();
  EXPECT_THAT(Texts(merged->addresses.ipv4), ElementsAre("127.0.0.2"));
  EXPECT_THAT(Texts(merged->addresses.ipv6), ElementsAre("::1"));
  EXPECT_EQ(merged->ttl, absl::Seconds(30));
  EXPECT_TRUE(merged->is_partial);
}

TEST(DnsAnswerTest, DropsAddressesThatNoServerCanHave) {
  const auto merged = MergeAnswer({}, {Has({"0.0.0.0", "127.0.0.1", "255.255.255.255"}),
                                       Has({"::", "ff02::1"}, absl::Seconds(1))});

  ASSERT_TRUE(merged.ok()) << merged.status();
  EXPECT_THAT(Texts(merged->addresses.ipv4), ElementsAre("127.0.0.1"));
  EXPECT_THAT(merged->addresses.ipv6, IsEmpty());
  EXPECT_EQ(merged->ttl, absl::Seconds(30));
  EXPECT_THAT(Texts(merged->refused), ElementsAre("0.0.0.0", "255.255.255.255", "::", "ff02::1"));
}

TEST(DnsAnswerTest, AFamilyOfWhichNothingIsLeftKeepsItsAddresses) {
  const KnownAddresses known{Addresses({"127.0.0.1"}), Addresses({"::1"})};

  const auto merged = MergeAnswer(known, {Has({"0.0.0.0"}), Has({"::2"})});

  ASSERT_TRUE(merged.ok()) << merged.status();
  EXPECT_THAT(Texts(merged->addresses.ipv4), ElementsAre("127.0.0.1"));
  EXPECT_THAT(Texts(merged->addresses.ipv6), ElementsAre("::2"));
  EXPECT_TRUE(merged->is_partial);
}

TEST(DnsAnswerTest, IsAnErrorIfNothingElseIsLeft) {
  const absl::Status status = MergeAnswer({}, {Has({"0.0.0.0"}), HasNone()}).status();

  EXPECT_EQ(status,
            absl::UnavailableError(
                "IPv4: only addresses that no server can have (such as 0.0.0.0); IPv6: none"));
}

TEST(DnsAnswerTest, IsNotFoundIfDnsSaysSoOfBoth) {
  EXPECT_EQ(MergeAnswer({}, {HasNone(), HasNone()}).status(), absl::NotFoundError("none"));
  EXPECT_EQ(MergeAnswer({}, {Has({}), Has({})}).status(), absl::NotFoundError("no address"));
}

TEST(DnsAnswerTest, IsUnavailableIfEitherCouldNotSay) {
  const absl::Status expected = absl::UnavailableError("IPv4: no answer; IPv6: none");

  EXPECT_EQ(MergeAnswer({}, {Fails(), HasNone()}).status(), expected);
  EXPECT_EQ(MergeAnswer({}, {HasNone(), Fails()}).status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace nines

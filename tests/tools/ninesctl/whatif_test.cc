// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ninesctl/key_moves.h"
#include "ninesctl_process.h"
#include "support/temporary_folder.h"

namespace nines::ctl {
namespace {

using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// Call number n goes to endpoint n modulo their number: nearly every key moves with every change.
class ModuloPolicy final : public Policy {
 public:
  absl::string_view name() const override { return "modulo"; }
  SeedSource seed_source() const override { return SeedSource::kSequence; }
  uint32_t choices() const override { return 1; }
  std::unique_ptr<const CandidateTable> BuildTable(
      absl::Span<const Endpoint> endpoints) const override {
    return std::make_unique<Modulo>(static_cast<uint32_t>(endpoints.size()));
  }

 private:
  class Modulo final : public CandidateTable {
   public:
    explicit Modulo(uint32_t size) : size_(size) {}
    uint32_t Candidate(uint64_t seed, uint32_t k) const override {
      return static_cast<uint32_t>((seed + k) % size_);
    }
    uint32_t candidate_limit() const override { return size_; }

   private:
    const uint32_t size_;
  };
};

EndpointList MakeList(const std::vector<std::string>& addresses, uint32_t tier = 0) {
  EndpointList list;
  for (const std::string& address : addresses) {
    list.push_back({});
    list.back().address = address;
    list.back().tier = tier;
  }
  return list;
}

TEST(KeyMovesTest, CountsWhatMovesAndWhatMust) {
  // a b c a b c becomes a b a b a b: four change, and two were of c, which had to.
  const KeyMoves moves =
      CountKeyMoves(ModuloPolicy(), MakeList({"a", "b", "c"}), MakeList({"a", "b"}), 6);

  EXPECT_EQ(moves.keys, 6U);
  EXPECT_EQ(moves.moved, 4U);
  EXPECT_EQ(moves.unavoidable, 2U);
}

TEST(KeyMovesTest, CountsEachEndpointsKeys) {
  const KeyMoves moves =
      CountKeyMoves(ModuloPolicy(), MakeList({"a", "b"}), MakeList({"b", "c", "d"}), 6);

  ASSERT_THAT(moves.endpoints, SizeIs(4));
  EXPECT_EQ(moves.endpoints[0].endpoint.address, "a");
  EXPECT_EQ(moves.endpoints[0].keys_before, 3U);
  EXPECT_EQ(moves.endpoints[0].keys_after, 0U);
  EXPECT_FALSE(moves.endpoints[0].is_after);
  EXPECT_EQ(moves.endpoints[3].endpoint.address, "d");
  EXPECT_EQ(moves.endpoints[3].keys_after, 2U);
  EXPECT_FALSE(moves.endpoints[3].is_before);
}

TEST(KeyMovesTest, OnlyTheFirstTierIsCounted) {
  EndpointList before = MakeList({"backup"}, 7);
  before.push_back(MakeList({"first"}, 3).front());

  const KeyMoves moves = CountKeyMoves(ModuloPolicy(), before, MakeList({"backup"}, 7), 10);

  EXPECT_EQ(moves.endpoints[0].keys_before, 0U);
  EXPECT_EQ(moves.endpoints[0].keys_after, 10U);
  EXPECT_EQ(moves.endpoints[1].keys_before, 10U);
}

TEST(KeyMovesTest, NobodyLeftMovesEverything) {
  const KeyMoves moves = CountKeyMoves(ModuloPolicy(), MakeList({"a"}), {}, 10);

  EXPECT_EQ(moves.moved, 10U);
  EXPECT_EQ(moves.unavoidable, 10U);
}

std::string TargetOf(int endpoints) {
  std::string target = "static:///";
  for (int i = 1; i <= endpoints; ++i) {
    absl::StrAppend(&target, i == 1 ? "" : ",", "127.0.1.", i, ":80");
  }
  return target;
}

nlohmann::json EndpointAt(const nlohmann::json& answer, const std::string& address) {
  for (const nlohmann::json& endpoint : answer["endpoints"]) {
    if (endpoint["address"] == address) return endpoint;
  }
  return {};
}

TEST(WhatIfTest, OneOfTenThatGoesMovesItsTenth) {
  const Ran ran = RunNinesctl({"whatif", TargetOf(10), "--remove", "127.0.1.3:80", "--json"});

  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  const nlohmann::json answer = ran.json();
  EXPECT_EQ(answer["keys"], 100'000);
  EXPECT_NEAR(answer["moved_ratio"], 0.1, 0.01);
  EXPECT_NEAR(answer["unavoidable_ratio"], 0.1, 0.01);
  EXPECT_LT(answer["beyond_ratio"], 0.005);
  EXPECT_EQ(EndpointAt(answer, "127.0.1.3:80")["change"], "removed");
  EXPECT_EQ(EndpointAt(answer, "127.0.1.3:80")["load_after"], 0.0);
  EXPECT_NEAR(EndpointAt(answer, "127.0.1.4:80")["load_before"], 0.1, 0.01);
  EXPECT_NEAR(EndpointAt(answer, "127.0.1.4:80")["load_after"], 1 / 9., 0.01);
}

TEST(WhatIfTest, OneThatComesTakesItsShareByItsWeight) {
  const Ran ran =
      RunNinesctl({"whatif", TargetOf(3), "--add", "127.0.1.9:80", "--weight", "3", "--json"});

  const nlohmann::json answer = ran.json();
  EXPECT_NEAR(answer["moved_ratio"], 0.5, 0.02);
  EXPECT_EQ(EndpointAt(answer, "127.0.1.9:80")["change"], "added");
  EXPECT_EQ(EndpointAt(answer, "127.0.1.9:80")["weight"], 3);
  EXPECT_NEAR(EndpointAt(answer, "127.0.1.9:80")["load_after"], 0.5, 0.02);
}

TEST(WhatIfTest, SaysTheSameInEachRun) {
  const std::vector<std::string> args = {"whatif", TargetOf(5),     "--remove", "127.0.1.1:80",
                                         "--add",  "127.0.1.77:80", "--keys",   "12345"};

  const Ran first = RunNinesctl(args);
  const Ran second = RunNinesctl(args);

  EXPECT_THAT(first.out, HasSubstr("of 12345 keys "));
  EXPECT_THAT(first.out, ContainsRegex("127.0.1.77:80 +1 +0 +added +- +(19|20)[.]"));
  EXPECT_EQ(first.out, second.out);
}

TEST(WhatIfTest, AddsToTheFirstTier) {
  const TemporaryFolder folder;
  folder.Write("list.json", R"([{"address": "127.0.0.1:1", "tier": 4},
                                {"address": "127.0.0.2:1", "tier": 2}])");

  const Ran ran = RunNinesctl(
      {"whatif", absl::StrCat("file://", folder / "list.json"), "--add", "127.0.0.3:1", "--json"});

  EXPECT_EQ(EndpointAt(ran.json(), "127.0.0.3:1")["tier"], 2);
  EXPECT_NEAR(EndpointAt(ran.json(), "127.0.0.3:1")["load_after"], 0.5, 0.02);
  EXPECT_EQ(EndpointAt(ran.json(), "127.0.0.1:1")["load_after"], 0.0);
  EXPECT_THAT(ran.json()["notes"], Contains(HasSubstr("the first tier")));
}

TEST(WhatIfTest, APolicyWithoutKeysMovesNone) {
  const Ran ran =
      RunNinesctl({"whatif", TargetOf(4), "--remove", "127.0.1.1:80", "--config", "-", "--json"},
                  R"({"loadBalancingConfig": [{"nines": {"roundRobin": {}}}]})");

  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  EXPECT_TRUE(ran.json()["moved_ratio"].is_null());
  EXPECT_NEAR(EndpointAt(ran.json(), "127.0.1.2:80")["load_before"], 0.25, 0.0001);
}

TEST(WhatIfTest, NobodyLeftIsBadNews) {
  const Ran ran =
      RunNinesctl({"whatif", "static:///127.0.0.1:1", "--remove", "127.0.0.1:1", "--json"});

  EXPECT_EQ(ran.exit_status, 1);
  EXPECT_EQ(ran.json()["moved_ratio"], 1.0);
}

TEST(WhatIfTest, RefusesToRemoveWhoIsNotThere) {
  const Ran ran = RunNinesctl({"whatif", TargetOf(12), "--remove", "127.0.0.9:1"});

  EXPECT_EQ(ran.exit_status, 2);
  EXPECT_THAT(ran.err, HasSubstr("--remove: 127.0.0.9:1 is no endpoint of the target; allowed: "
                                 "127.0.1.1:80, "));
  EXPECT_THAT(ran.err, HasSubstr("127.0.1.10:80 and 2 more"));
}

TEST(WhatIfTest, RefusesToAddWhoIsThere) {
  const Ran ran = RunNinesctl({"whatif", TargetOf(2), "--add", "127.0.1.2:80"});

  EXPECT_EQ(ran.exit_status, 2);
  EXPECT_THAT(ran.err, HasSubstr("--add: 127.0.1.2:80 is an endpoint of the target already"));
}

TEST(WhatIfTest, RefusesAnAddressThatIsNone) {
  const Ran ran = RunNinesctl({"whatif", TargetOf(2), "--add", "127.0.1.2"});

  EXPECT_EQ(ran.exit_status, 2);
  EXPECT_THAT(ran.err, HasSubstr("ninesctl whatif: --add: static:///127.0.1.2: "));
}

TEST(WhatIfTest, RefusesToChangeNothing) {
  const Ran ran = RunNinesctl({"whatif", TargetOf(2)});

  EXPECT_EQ(ran.exit_status, 2);
  EXPECT_THAT(ran.err, HasSubstr("nothing changes; allowed: --remove and --add"));
}

TEST(WhatIfTest, RefusesAWeightOfNobody) {
  const Ran ran = RunNinesctl({"whatif", TargetOf(2), "--remove", "127.0.1.1:80", "--weight", "2"});

  EXPECT_EQ(ran.exit_status, 2);
  EXPECT_THAT(ran.err, HasSubstr("--weight requires --add"));
}

}  // namespace
}  // namespace nines::ctl

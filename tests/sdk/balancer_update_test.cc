// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What happens while a table is being built: the policy here stops in the middle to let it happen.

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nines/balancer.h"
#include "support/fakes.h"
#include "support/manual_event_loop.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// InOrderPolicy's order; every build calls `during_build` first, which it takes.
class PausingPolicy final : public Policy {
 public:
  absl::string_view name() const override { return "pausing"; }
  SeedSource seed_source() const override { return SeedSource::kRandom; }
  uint32_t choices() const override { return 1; }
  std::unique_ptr<const CandidateTable> BuildTable(
      absl::Span<const Endpoint> endpoints) const override {
    if (const auto pause = std::exchange(during_build, nullptr)) pause();
    return in_order_.BuildTable(endpoints);
  }

  mutable std::function<void()> during_build;

 private:
  InOrderPolicy in_order_;
};

// Its tables are counted; the first candidate that one is asked for calls `during_read` first.
class CountedPolicy final : public Policy {
 public:
  absl::string_view name() const override { return "counted"; }
  SeedSource seed_source() const override { return SeedSource::kRandom; }
  uint32_t choices() const override { return 1; }
  std::unique_ptr<const CandidateTable> BuildTable(
      absl::Span<const Endpoint> endpoints) const override {
    return std::make_unique<Table>(*this, static_cast<uint32_t>(endpoints.size()));
  }

  mutable int tables = 0;
  mutable std::function<void()> during_read;

 private:
  class Table final : public CandidateTable {
   public:
    Table(const CountedPolicy& policy, uint32_t size) : policy_(policy), size_(size) {
      ++policy_.tables;
    }
    ~Table() override { --policy_.tables; }
    uint32_t Candidate(uint64_t /*seed*/, uint32_t k) const override {
      if (const auto pause = std::exchange(policy_.during_read, nullptr)) pause();
      return k;
    }
    uint32_t candidate_limit() const override { return size_; }

   private:
    const CountedPolicy& policy_;
    const uint32_t size_;
  };
};

class BalancerUpdateTest : public ::testing::Test {
 protected:
  BalancerUpdateTest() {
    Balancer::Options options;
    options.target = "test:///target";
    options.policy = policy_;
    options.loop = loop_;
    options.random = &random_;
    options.on_pickable = [this] { ++pickable_; };
    balancer_ = Balancer::Create(std::move(options));
  }

  void Update(const std::vector<std::string>& addresses) {
    balancer_->Update(EndpointsNamed(addresses));
  }

  // Where a call goes, or what it is told.
  std::string Call() {
    CallMemory memory;
    PickResult result = balancer_->Pick({}, memory);
    if (std::holds_alternative<Wait>(result)) return "wait";
    if (auto* unavailable = std::get_if<Unavailable>(&result)) {
      return std::string(unavailable->status.message());
    }
    Lease& lease = std::get<Picked>(result).lease;
    const std::string address = lease.endpoint().address;
    lease.Report(MakeOutcome(absl::OkStatus()));
    return address;
  }

  std::vector<std::string> Known() {
    std::vector<std::string> addresses;
    for (const EndpointStatus& status : balancer_->Endpoints()) {
      addresses.push_back(status.endpoint.address);
    }
    return addresses;
  }

  std::shared_ptr<PausingPolicy> policy_ = std::make_shared<PausingPolicy>();
  std::shared_ptr<ManualEventLoop> loop_ = std::make_shared<ManualEventLoop>();
  FixedRandom random_;
  int pickable_ = 0;
  std::shared_ptr<Balancer> balancer_;
};

TEST_F(BalancerUpdateTest, CallsGoByTheTableBeforeWhileTheNextIsBuilt) {
  Update({"a"});
  std::string meanwhile;
  policy_->during_build = [&] { meanwhile = Call(); };

  Update({"b"});

  EXPECT_EQ(meanwhile, "a");
  EXPECT_EQ(Call(), "b");
}

// Not "no endpoint": nobody has looked for one yet.
TEST_F(BalancerUpdateTest, CallsWaitForTheFirstTable) {
  std::string meanwhile;
  int pickable_before = 0;
  policy_->during_build = [&] {
    meanwhile = Call();
    pickable_before = pickable_;
  };

  Update({"a"});

  EXPECT_EQ(meanwhile, "wait");
  EXPECT_EQ(pickable_before, 0);
  EXPECT_EQ(pickable_, 1);
  EXPECT_EQ(Call(), "a");
}

TEST_F(BalancerUpdateTest, CallsThatFindNobodyWaitForTheNextTable) {
  Update({"a"});
  balancer_->SetConnectivity("a", Connectivity::kFailed, absl::UnavailableError("down"));
  std::string meanwhile;
  policy_->during_build = [&] { meanwhile = Call(); };

  Update({"a", "b"});

  EXPECT_EQ(meanwhile, "wait");
  EXPECT_EQ(pickable_, 1);
  EXPECT_EQ(Call(), "b");
}

// With the lock held during the build, this would never return.
TEST_F(BalancerUpdateTest, HealthChangesAreNotHeldUp) {
  Update({"a", "b"});
  std::string meanwhile;
  policy_->during_build = [&] {
    balancer_->SetConnectivity("a", Connectivity::kFailed, absl::UnavailableError("down"));
    meanwhile = Call();
  };

  Update({"a", "b", "c"});

  EXPECT_EQ(meanwhile, "b");
  EXPECT_EQ(Call(), "b");
}

// The counts per tier are of one tier already, and the table that calls go by has three.
TEST_F(BalancerUpdateTest, HealthChangesWhileTheNumberOfTiersDoes) {
  EndpointList tiers = EndpointsNamed({"a", "b", "c"});
  tiers[1].tier = 1;
  tiers[2].tier = 2;
  balancer_->Update(tiers);
  std::string meanwhile;
  policy_->during_build = [&] {
    balancer_->SetConnectivity("a", Connectivity::kFailed, absl::UnavailableError("down"));
    meanwhile = Call();
  };

  Update({"a", "c"});

  EXPECT_EQ(meanwhile, "b");
  EXPECT_EQ(Call(), "c");
}

TEST_F(BalancerUpdateTest, NewerUpdateStays) {
  Update({"a"});
  policy_->during_build = [&] { Update({"c"}); };

  Update({"b"});

  EXPECT_EQ(Call(), "c");
  EXPECT_THAT(Known(), ElementsAre("c"));
}

TEST_F(BalancerUpdateTest, NewPolicyStaysWhoseTableIsDoneFirst) {
  Update({"a", "b"});
  BalancerConfig config;
  config.max_in_flight_per_endpoint = 1;
  policy_->during_build = [&] {
    balancer_->Reconfigure(config, std::make_shared<InOrderPolicy>(), nullptr);
  };

  Update({"a"});
  CallMemory first;
  const PickResult running = balancer_->Pick({}, first);

  EXPECT_TRUE(std::holds_alternative<Picked>(running));
  EXPECT_THAT(Call(), HasSubstr("no usable endpoint"));  // the limit of the new config
}

TEST_F(BalancerUpdateTest, ShutdownMeanwhileIsFinal) {
  Update({"a"});
  policy_->during_build = [&] { balancer_->Shutdown(); };

  Update({"a", "b"});

  EXPECT_THAT(Call(), HasSubstr("shut down"));
  EXPECT_THAT(Known(), ElementsAre());
}

// Nobody has to pick, or to update, for the old table to go.
TEST_F(BalancerUpdateTest, TableThatWasBeingReadIsFreedAtTheNextTick) {
  const auto counted = std::make_shared<CountedPolicy>();
  balancer_->Reconfigure({}, counted, nullptr);
  Update({"a", "b"});
  loop_->RunPosted();
  int tables_during_read = 0;
  counted->during_read = [&] {
    Update({"a"});
    tables_during_read = counted->tables;
  };
  Call();
  ASSERT_EQ(tables_during_read, 2);
  ASSERT_EQ(counted->tables, 2);

  loop_->Advance(BalancerConfig().outlier_detection.interval);

  EXPECT_EQ(counted->tables, 1);
}

TEST_F(BalancerUpdateTest, SameEndpointsAgainBuildNothing) {
  Update({"a", "b"});
  bool is_built = false;
  policy_->during_build = [&] { is_built = true; };

  Update({"b", "a"});

  EXPECT_FALSE(is_built);
  policy_->during_build = nullptr;  // Shutdown() builds, when is_built is no more
}

TEST_F(BalancerUpdateTest, NewAttributesBuildNothingAndAreShown) {
  Update({"a"});
  bool is_built = false;
  policy_->during_build = [&] { is_built = true; };
  EndpointList labelled = EndpointsNamed({"a"});
  labelled[0].zone = "z";
  labelled[0].attributes["rack"] = "7";

  balancer_->Update(labelled);

  EXPECT_FALSE(is_built);
  CallMemory memory;
  PickResult result = balancer_->Pick({}, memory);
  EXPECT_EQ(*std::get<Picked>(result).lease.latest_endpoint(), labelled[0]);
  EXPECT_EQ(balancer_->Endpoints()[0].endpoint, labelled[0]);
  EXPECT_EQ(balancer_->Explain({})[0].endpoint, labelled[0]);
  policy_->during_build = nullptr;  // Shutdown() builds, when is_built is no more
}

TEST_F(BalancerUpdateTest, AttributesAreGoneWhenAnUpdateHasNone) {
  EndpointList labelled = EndpointsNamed({"a"});
  labelled[0].attributes["rack"] = "7";
  balancer_->Update(labelled);

  Update({"a"});

  EXPECT_EQ(balancer_->Endpoints()[0].endpoint, EndpointsNamed({"a"})[0]);
}

}  // namespace
}  // namespace nines

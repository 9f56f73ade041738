// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "srv_lookup.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ip_address.h"
#include "support/manual_event_loop.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Ends when the test says so: forgets its callback when its query goes.
class Cancelling final : public LookupQuery {
 public:
  explicit Cancelling(std::function<void()> cancel) : cancel_(std::move(cancel)) {}
  ~Cancelling() override { cancel_(); }

 private:
  const std::function<void()> cancel_;
};

class SrvLookupTest : public ::testing::Test {
 protected:
  SrvLookupTest() {
    SrvLookup::Parts parts;
    parts.service = std::make_unique<ManualService>(*this);
    parts.addresses_of = [this](const std::string& host) {
      return std::make_unique<ManualAddresses>(*this, host);
    };
    lookup_ = std::make_unique<SrvLookup>(loop_, std::move(parts), absl::Seconds(5));
  }

  void Start() {
    result_.clear();
    query_ = lookup_->Start([this](absl::StatusOr<FoundEndpoints> found) {
      query_.reset();
      result_ = Describe(found);
    });
  }

  void FinishService(absl::StatusOr<SrvReply> reply) {
    ServiceLookup::Callback done = *std::exchange(service_, std::nullopt);
    done(std::move(reply));
  }

  void FinishService(std::vector<SrvRecord> records, absl::Duration ttl = absl::Seconds(60)) {
    FinishService(SrvReply{std::move(records), ttl});
  }

  void FinishHost(const std::string& host, FamilyAnswer ipv4) {
    AddressLookup::Callback done = std::move(hosts_.at(host));
    hosts_.erase(host);
    done({std::move(ipv4), {absl::NotFoundError("none"), {}, absl::InfiniteDuration()}});
  }

  static FamilyAnswer Has(const std::string& address, absl::Duration ttl = absl::Seconds(60)) {
    return {absl::OkStatus(), {*ParseIpAddress(address)}, ttl};
  }
  static FamilyAnswer Fails() { return {absl::UnavailableError("broken"), {}, {}}; }
  static FamilyAnswer HasNone() { return {absl::NotFoundError("none"), {}, {}}; }

  std::vector<std::string> hosts() const {
    std::vector<std::string> names;
    for (const auto& [host, done] : hosts_) names.push_back(host);
    return names;
  }

  ManualEventLoop loop_;
  std::optional<ServiceLookup::Callback> service_;        // while it runs
  std::map<std::string, AddressLookup::Callback> hosts_;  // likewise
  std::string result_;                                    // "" until there is one
  std::unique_ptr<SrvLookup> lookup_;
  std::unique_ptr<LookupQuery> query_;

 private:
  class ManualService final : public ServiceLookup {
   public:
    explicit ManualService(SrvLookupTest& test) : test_(test) {}
    std::unique_ptr<LookupQuery> Start(Callback done) override {
      test_.service_ = std::move(done);
      return std::make_unique<Cancelling>([this] { test_.service_.reset(); });
    }

   private:
    SrvLookupTest& test_;
  };

  class ManualAddresses final : public AddressLookup {
   public:
    ManualAddresses(SrvLookupTest& test, std::string host) : test_(test), host_(std::move(host)) {}
    std::unique_ptr<LookupQuery> Start(Callback done) override {
      test_.hosts_[host_] = std::move(done);
      return std::make_unique<Cancelling>(
          [&hosts = test_.hosts_, host = host_] { hosts.erase(host); });
    }

   private:
    SrvLookupTest& test_;
    const std::string host_;
  };

  static std::string Describe(const absl::StatusOr<FoundEndpoints>& found) {
    if (!found.ok()) return found.status().ToString();
    return absl::StrCat(absl::StrJoin(found->endpoints, " ",
                                      [](std::string* out, const Endpoint& endpoint) {
                                        absl::StrAppend(out, endpoint.address);
                                      }),
                        ", ttl ", absl::FormatDuration(found->ttl),
                        found->is_partial ? ", partial" : "");
  }
};

TEST_F(SrvLookupTest, AsksForEachHostOnce) {
  Start();
  FinishService({{0, 1, 80, "a"}, {0, 1, 81, "a"}, {0, 1, 80, "b"}});

  EXPECT_THAT(hosts(), ElementsAre("a", "b"));
  FinishHost("b", Has("10.0.0.2"));
  EXPECT_EQ(result_, "");
  FinishHost("a", Has("10.0.0.1"));

  EXPECT_EQ(result_, "10.0.0.1:80 10.0.0.1:81 10.0.0.2:80, ttl 1m");
}

TEST_F(SrvLookupTest, TheTtlIsTheLeastOfTheChain) {
  Start();
  FinishService({{0, 1, 80, "a"}, {0, 1, 80, "b"}}, absl::Seconds(30));
  FinishHost("a", Has("10.0.0.1", absl::Seconds(20)));
  FinishHost("b", Has("10.0.0.2", absl::Seconds(40)));
  EXPECT_EQ(result_, "10.0.0.1:80 10.0.0.2:80, ttl 20s");

  Start();
  FinishService({{0, 1, 80, "a"}}, absl::Seconds(10));
  FinishHost("a", Has("10.0.0.1", absl::Seconds(20)));
  EXPECT_EQ(result_, "10.0.0.1:80, ttl 10s");
}

TEST_F(SrvLookupTest, RecordsThatNoServerCanHaveArePassedOver) {
  Start();
  FinishService(
      {{0, 1, 80, ""}, {0, 1, 0, "a"}, {0, 1, 80, "a b"}, {0, 1, 80, "10.0.0.9"}, {0, 1, 80, "c"}});

  EXPECT_THAT(hosts(), ElementsAre("c"));
}

TEST_F(SrvLookupTest, AServiceThatIsNotThereIsNotFound) {
  Start();
  FinishService({{0, 0, 0, ""}});

  EXPECT_EQ(result_, "NOT_FOUND: the SRV records name no host and port to connect to");
}

TEST_F(SrvLookupTest, AFailureOfTheServiceIsOne) {
  Start();
  FinishService(absl::UnavailableError("broken"));

  EXPECT_EQ(result_, "UNAVAILABLE: broken");
}

TEST_F(SrvLookupTest, AHostWithoutAddressesIsLeftOut) {
  Start();
  FinishService({{0, 1, 80, "a"}, {0, 1, 80, "b"}});
  FinishHost("a", HasNone());
  FinishHost("b", Has("10.0.0.2"));

  EXPECT_EQ(result_, "10.0.0.2:80, ttl 1m");
}

TEST_F(SrvLookupTest, AHostThatCannotBeAskedKeepsItsAddresses) {
  Start();
  FinishService({{0, 1, 80, "a"}, {0, 1, 80, "b"}});
  FinishHost("a", Has("10.0.0.1"));
  FinishHost("b", Has("10.0.0.2"));

  Start();
  FinishService({{0, 1, 80, "a"}, {0, 1, 80, "b"}});
  FinishHost("a", Fails());
  FinishHost("b", Has("10.0.0.3"));

  EXPECT_EQ(result_, "10.0.0.1:80 10.0.0.3:80, ttl 1m, partial");
}

TEST_F(SrvLookupTest, NoAddressAtAllIsAnErrorThatNamesAHost) {
  Start();
  FinishService({{0, 1, 80, "a"}, {0, 1, 80, "b"}});
  FinishHost("a", HasNone());
  FinishHost("b", Fails());

  EXPECT_EQ(result_, "UNAVAILABLE: host b: IPv4: broken; IPv6: none");
}

TEST_F(SrvLookupTest, OnlyHostsWithoutAddressesAreNotFound) {
  Start();
  FinishService({{0, 1, 80, "a"}});
  FinishHost("a", HasNone());

  EXPECT_EQ(result_, "NOT_FOUND: host a: none");
}

TEST_F(SrvLookupTest, ASilentHostIsNotWaitedForAndKeepsItsAddresses) {
  Start();
  FinishService({{0, 1, 80, "a"}, {0, 1, 80, "b"}});
  FinishHost("a", Has("10.0.0.1"));
  FinishHost("b", Has("10.0.0.2"));
  Start();
  FinishService({{0, 1, 80, "a"}, {0, 1, 80, "b"}});
  FinishHost("b", Has("10.0.0.2"));

  loop_.Advance(absl::Milliseconds(4999));
  EXPECT_EQ(result_, "");
  loop_.Advance(absl::Milliseconds(1));

  EXPECT_EQ(result_, "10.0.0.1:80 10.0.0.2:80, ttl 1m, partial");
  EXPECT_THAT(hosts(), IsEmpty());
}

TEST_F(SrvLookupTest, AsksForAFewHostsAtATime) {
  std::vector<SrvRecord> records;
  for (int i = 0; i < 40; ++i) records.push_back({0, 1, 80, absl::StrCat("h", i)});
  Start();
  FinishService(std::move(records));

  EXPECT_EQ(hosts_.size(), 16u);
  for (int i = 0; i < 40; ++i) FinishHost(hosts().front(), Has(absl::StrCat("10.0.0.", i)));

  EXPECT_THAT(result_, ::testing::EndsWith("10.0.0.39:80, ttl 1m"));
}

TEST_F(SrvLookupTest, DestroyingTheQueryCancelsAll) {
  Start();
  FinishService({{0, 1, 80, "a"}});

  query_.reset();

  EXPECT_THAT(hosts(), IsEmpty());
  EXPECT_EQ(loop_.timer_count(), 0u);
  EXPECT_EQ(result_, "");
}

}  // namespace
}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nines/client.h"
#include "ninesctl_process.h"
#include "support/temporary_folder.h"
#include "testbed/free_port.h"
#include "testbed/http_server.h"

namespace nines::ctl {
namespace {

using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kTarget[] = "static:///127.0.0.1:1,127.0.0.2:1,127.0.0.3:1,127.0.0.4:1";
constexpr char kHash[] = R"({"loadBalancingConfig": [{"nines": {"hash": {}}}]})";

// Where a client of the SDK sends a call with this key.
std::string PickedAddress(const std::string& key) {
  const auto client = Client::Create(kTarget, {.service_config_json = kHash});
  EXPECT_TRUE(client.ok()) << client.status();
  EXPECT_TRUE((*client)->WaitUntilReady(absl::Seconds(30)).ok());
  CallMemory memory;
  const PickResult result = (*client)->Pick({.hash_key = key}, memory);
  const auto* picked = std::get_if<Picked>(&result);
  return picked != nullptr ? picked->lease.endpoint().address : "";
}

class ExplainKeyTest : public ::testing::TestWithParam<std::string> {};

TEST_P(ExplainKeyTest, SaysWhereAClientSendsTheCall) {
  const Ran ran = RunNinesctl({"explain", kTarget, "--json", "--key", GetParam()});

  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  EXPECT_EQ(ran.json()["taken_by"], PickedAddress(GetParam()));
  EXPECT_EQ(ran.json()["candidates"][0]["address"], PickedAddress(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Keys, ExplainKeyTest,
                         ::testing::Values("user-1", "user-2", "user-3", "user-4", ""));

TEST(ExplainTest, ShowsEveryCandidateWithItsReason) {
  const Ran ran = RunNinesctl({"explain", kTarget, "--key", "user-1"});

  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("policy hash: goes to 127.0.0."));
  EXPECT_THAT(ran.out, HasSubstr("no --config: policy hash is assumed"));
  EXPECT_THAT(ran.out, ContainsRegex("\n +1  127.0.0.[1-4]:1 +1 +0 +takes "));
  EXPECT_THAT(ran.out, ContainsRegex("\n +4  127.0.0.[1-4]:1 +1 +0 +standby "));
}

std::vector<std::string> Order(const Ran& ran) {
  std::vector<std::string> order;
  const nlohmann::json answer = ran.json();
  for (const auto& candidate : answer["candidates"]) order.push_back(candidate["address"]);
  return order;
}

TEST(ExplainTest, TheKeyMayBeAHeader) {
  const TemporaryFolder folder;
  folder.Write("nines.json", R"({"loadBalancingConfig": [{"nines": {"hash": {"keys": [
      {"header": "x-user"}]}}}]})");

  const Ran by_key = RunNinesctl({"explain", kTarget, "--json", "--key", "a,b"});
  const Ran by_header =
      RunNinesctl({"explain", kTarget, "--json", "--config", folder / "nines.json", "--header",
                   "X-User=a", "--header", "x-user=b", "--header", "x-other=c"});

  EXPECT_EQ(by_header.json()["has_key"], true);
  EXPECT_THAT(Order(by_header), SizeIs(4));
  EXPECT_EQ(Order(by_header), Order(by_key));
}

TEST(ExplainTest, TheKeyMayBeAnythingThatACallHas) {
  const TemporaryFolder folder;
  folder.Write("nines.json", R"({"loadBalancingConfig": [{"nines": {"hash": {"keys": [
      {"method": {}}, {"clientIp": {}}, {"requestContent": {}}]}}}]})");
  const std::vector<std::string> question = {"explain", kTarget, "--json", "--config",
                                             folder / "nines.json"};
  const auto ask = [&](const std::string& option) {
    std::vector<std::string> args = question;
    args.insert(args.end(), {option, "same"});
    return RunNinesctl(args);
  };

  const Ran by_key = RunNinesctl({"explain", kTarget, "--json", "--key", "same"});

  EXPECT_EQ(Order(ask("--method")), Order(by_key));
  EXPECT_EQ(Order(ask("--client-ip")), Order(by_key));
  EXPECT_EQ(Order(ask("--request-content")), Order(by_key));
}

TEST(ExplainTest, SaysThatACallHasNoKey) {
  const Ran ran = RunNinesctl({"explain", kTarget, "--json"});

  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  EXPECT_EQ(ran.json()["has_key"], false);
  EXPECT_THAT(ran.json()["notes"], Contains(HasSubstr("none of the policy's keys")));
}

TEST(ExplainTest, SaysThatThePolicyUsesNone) {
  const Ran ran = RunNinesctl({"explain", kTarget, "--key", "x", "--config", "-"}, "{}");

  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("policy random uses no key"));
}

// Of three servers one refuses connections: the heartbeat finds out, and no call goes there.
TEST(ExplainTest, WaitsForWhatProbesSay) {
  const auto server = testbed::HttpServer::Start();
  ASSERT_TRUE(server.ok()) << server.status();
  const int port = (*server)->port();
  const auto free_port = testbed::FindFreePort();
  ASSERT_TRUE(free_port.ok()) << free_port.status();
  const std::string nobody = absl::StrCat("127.0.0.1:", *free_port);
  const TemporaryFolder folder;
  folder.Write("nines.json", R"({"loadBalancingConfig": [{"nines": {"healthCheck": {
      "interval": "0.02s", "unhealthyThreshold": 1, "tcp": {}}}}]})");

  const Ran ran =
      RunNinesctl({"explain", "--json", "--config", folder / "nines.json", "--wait", "2s",
                   absl::StrCat("static:///127.0.0.2:", port, ",127.0.0.3:", port, ",", nobody)});

  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  const nlohmann::json candidates = ran.json()["candidates"];
  ASSERT_THAT(candidates, SizeIs(3));
  for (const nlohmann::json& candidate : candidates) {
    EXPECT_EQ(candidate["address"] == nobody, candidate["verdict"] == "probe_failed") << candidate;
  }
}

TEST(ExplainTest, RefusesToWaitForNothing) {
  const Ran ran = RunNinesctl({"explain", kTarget, "--wait", "1s"});

  EXPECT_EQ(ran.exit_status, 2);
  EXPECT_THAT(ran.err, HasSubstr("--wait: there is nothing to wait for; allowed with a --config"));
}

TEST(ExplainTest, RefusesAHeaderThatIsNone) {
  const Ran ran = RunNinesctl({"explain", kTarget, "--header", "x-user"});

  EXPECT_EQ(ran.exit_status, 2);
  EXPECT_THAT(ran.err, HasSubstr("\"x-user\" is no header; allowed: NAME=VALUE"));
}

TEST(ExplainTest, ATargetThatDoesNotResolveIsBadNews) {
  const Ran ran = RunNinesctl({"explain", "file:///nonexistent/x.json", "--key", "x"});

  EXPECT_EQ(ran.exit_status, 1);
  EXPECT_THAT(ran.err, HasSubstr("ninesctl explain: file:///nonexistent/x.json"));
}

}  // namespace
}  // namespace nines::ctl

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Against real servers: an HTTP server and ports that nobody has.

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ninesctl_process.h"
#include "support/temporary_folder.h"
#include "testbed/free_port.h"
#include "testbed/http_server.h"

namespace nines::ctl {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ProbeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = testbed::HttpServer::Start();
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    const auto port = testbed::FindFreePort();
    ASSERT_TRUE(port.ok()) << port.status();
    nobody_ = absl::StrCat("127.0.0.1:", *port);
    well_ = absl::StrCat("127.0.0.2:", server_->port());
  }

  std::unique_ptr<testbed::HttpServer> server_;
  std::string well_;    // an address where the server answers
  std::string nobody_;  // one that refuses connections
};

TEST_F(ProbeTest, EndpointsThatAcceptConnectionsAreHealthy) {
  const Ran ran = RunNinesctl({"probe", absl::StrCat("static:///", well_)});

  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr(": 1 endpoint, probed by tcp\n"));
  EXPECT_THAT(ran.out, ContainsRegex(absl::StrCat(well_, " +healthy +1/1 ")));
}

TEST_F(ProbeTest, OneThatRefusesThemIsBadNews) {
  const Ran ran = RunNinesctl({"probe", absl::StrCat("static:///", well_, ",", nobody_), "--tcp"});

  EXPECT_EQ(ran.exit_status, 1) << ran.err;
  EXPECT_THAT(ran.out, ContainsRegex(absl::StrCat(well_, " +healthy")));
  EXPECT_THAT(ran.out, ContainsRegex(absl::StrCat(nobody_, " +unhealthy +0/1 .*refused")));
}

TEST_F(ProbeTest, TellsProgramsEveryAnswer) {
  const Ran ran = RunNinesctl(
      {"probe", "--json", "--count", "3", absl::StrCat("static:///", nobody_, ",", well_)});

  EXPECT_EQ(ran.exit_status, 1) << ran.err;
  EXPECT_EQ(ran.json()["kind"], "tcp");
  ASSERT_EQ(ran.json()["endpoints"].size(), 2U) << ran.out;
  const nlohmann::json bad = ran.json()["endpoints"][0];
  const nlohmann::json good = ran.json()["endpoints"][1];
  EXPECT_EQ(bad["address"], nobody_);
  EXPECT_EQ(bad["verdict"], "unhealthy");
  EXPECT_EQ(bad["probes"].size(), 3U);
  EXPECT_EQ(bad["probes"][2]["error"]["code"], "UNAVAILABLE");
  EXPECT_EQ(good["verdict"], "healthy");
  EXPECT_EQ(good["probes"].size(), 3U);
  EXPECT_GT(good["probes"][0]["took_ms"], 0.0);
  EXPECT_TRUE(good["probes"][0]["error"].is_null());
}

TEST_F(ProbeTest, AsksByHttp) {
  const Ran ran =
      RunNinesctl({"probe", absl::StrCat("static:///", well_), "--http", "/healthz", "--json"});

  EXPECT_EQ(ran.exit_status, 0) << ran.out << ran.err;
  EXPECT_EQ(ran.json()["kind"], "http");
}

TEST_F(ProbeTest, AsksAsTheConfigSays) {
  const TemporaryFolder folder;
  folder.Write("nines.json", R"({"loadBalancingConfig": [{"nines": {"healthCheck": {"http":
      {"path": "/", "expectedStatuses": [{"start": 204, "end": 204}]}}}}]})");

  const Ran ran =
      RunNinesctl({"probe", absl::StrCat("static:///", well_), "--config", folder / "nines.json"});

  EXPECT_EQ(ran.exit_status, 1);
  EXPECT_THAT(ran.out, HasSubstr("status 200; expected 204"));
}

TEST_F(ProbeTest, ProbesMoreEndpointsThanAtATime) {
  std::string target = "static:///";
  for (int i = 1; i <= 200; ++i) {
    absl::StrAppend(&target, i == 1 ? "" : ",", "127.0.1.", i, ":", server_->port());
  }

  const Ran ran = RunNinesctl({"probe", "--json", target});

  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  ASSERT_EQ(ran.json()["endpoints"].size(), 200U);
  EXPECT_EQ(ran.json()["endpoints"][199]["address"], absl::StrCat("127.0.1.200:", server_->port()));
  EXPECT_EQ(ran.json()["endpoints"][199]["probes"].size(), 1U);
}

TEST_F(ProbeTest, ATargetWithoutEndpointsIsBadNewsForProgramsToo) {
  const Ran ran = RunNinesctl({"probe", "--json", "file:///nonexistent/list.json"});

  EXPECT_EQ(ran.exit_status, 1);
  EXPECT_THAT(ran.err, HasSubstr("ninesctl probe: file:///nonexistent/list.json"));
  EXPECT_EQ(ran.json()["error"]["code"], "UNAVAILABLE");
}

// What ninesctl probe refuses, and how it says so.
TEST_F(ProbeTest, RefusesTwoKindsAtOnce) {
  const Ran ran = RunNinesctl({"probe", "static:///127.0.0.1:1", "--tcp", "--http", "/"});

  EXPECT_EQ(ran.exit_status, 2);
  EXPECT_THAT(ran.err, HasSubstr("at most 1 options be given from [--tcp,--http,--grpc,--config]"));
}

TEST_F(ProbeTest, RefusesAPathThatIsNone) {
  const Ran ran = RunNinesctl({"probe", "static:///127.0.0.1:1", "--http", "healthz"});

  EXPECT_EQ(ran.exit_status, 2);
  EXPECT_THAT(ran.out, IsEmpty());
  EXPECT_THAT(ran.err, HasSubstr("healthCheck.http.path: \"healthz\" is not a path; allowed: "));
}

TEST_F(ProbeTest, RefusesAConfigWithoutHealthCheck) {
  const Ran ran = RunNinesctl({"probe", "static:///127.0.0.1:1", "--config", "-"}, "{}");

  EXPECT_EQ(ran.exit_status, 2);
  EXPECT_THAT(ran.err, HasSubstr("-: has no healthCheck to probe with; allowed instead: --tcp"));
}

TEST_F(ProbeTest, RefusesAConfigThatIsWrongAndNamesIt) {
  const Ran ran = RunNinesctl({"probe", "static:///127.0.0.1:1", "--config", "-"},
                              R"({"loadBalancingConfig": 1, "methodConfig": 2})");

  EXPECT_EQ(ran.exit_status, 2);
  EXPECT_THAT(ran.err, HasSubstr("ninesctl probe: stdin: loadBalancingConfig: "));
  EXPECT_THAT(ran.err, HasSubstr("ninesctl probe: stdin: methodConfig: "));
}

TEST_F(ProbeTest, RefusesACheckOfTheProgramsOwn) {
  const Ran ran = RunNinesctl(
      {"probe", "static:///127.0.0.1:1", "--config", "-"},
      R"({"loadBalancingConfig": [{"nines": {"healthCheck": {"custom": {"name": "x"}}}}]})");

  EXPECT_EQ(ran.exit_status, 2);
  EXPECT_THAT(ran.err, HasSubstr("healthCheck.custom: is code of the program"));
}

TEST_F(ProbeTest, RefusesACountThatIsNone) {
  const Ran ran = RunNinesctl({"probe", "static:///127.0.0.1:1", "--count", "0"});

  EXPECT_EQ(ran.exit_status, 2);
  EXPECT_THAT(ran.err, HasSubstr("--count: Value 0 not in range"));
}

}  // namespace
}  // namespace nines::ctl

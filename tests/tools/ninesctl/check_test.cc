// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nines/config.h"
#include "ninesctl/effective_config.h"
#include "ninesctl_process.h"
#include "support/temporary_folder.h"

namespace nines::ctl {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSubsetOf;
using ::testing::StartsWith;

constexpr char kWrong[] =
    R"({"loadBalancingConfig": [{"nines": {"hash": {"boundedLoad": 0.5}, "panik": {}}}]})";

std::string NinesConfig(const std::string& fields) {
  return absl::StrCat(R"({"loadBalancingConfig": [{"nines": {)", fields, "}}]}");
}

TEST(CheckTest, SaysWhatAValidConfigPutsInForce) {
  const Ran ran = RunNinesctl({"check", "-"}, NinesConfig(R"("healthCheck": {"tcp": {}})"));

  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  EXPECT_THAT(ran.out, StartsWith("stdin: valid\n"));
  EXPECT_THAT(ran.out, HasSubstr("nines.random "));
  EXPECT_THAT(ran.out, HasSubstr("nines.healthCheck.interval "));
  EXPECT_THAT(ran.err, IsEmpty());
}

TEST(CheckTest, NamesEveryProblemWithItsPath) {
  const Ran ran = RunNinesctl({"check", "-"}, kWrong);

  EXPECT_EQ(ran.exit_status, 1);
  EXPECT_THAT(ran.out, HasSubstr("loadBalancingConfig[0].nines.hash.boundedLoad: 0.5 is out of"));
  EXPECT_THAT(ran.out, HasSubstr("loadBalancingConfig[0].nines.panik: unknown field"));
}

TEST(CheckTest, NamesEveryProblemToPrograms) {
  const Ran ran = RunNinesctl({"check", "--json", "-"}, kWrong);

  EXPECT_EQ(ran.exit_status, 1);
  EXPECT_EQ(ran.json()["valid"], false);
  EXPECT_EQ(ran.json()["config"], "stdin");
  EXPECT_EQ(ran.json()["problems"].size(), 2U);
}

TEST(CheckTest, ReadsAFile) {
  const TemporaryFolder folder;
  folder.Write("nines.json", NinesConfig(R"("roundRobin": {})"));

  const Ran ran = RunNinesctl({"check", folder / "nines.json", "--json"});

  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  EXPECT_EQ(ran.json()["config"], folder / "nines.json");
  EXPECT_EQ(ran.json()["problems"].size(), 0U);
  EXPECT_TRUE(ran.json()["effective"]["loadBalancingConfig"][0]["nines"].contains("roundRobin"));
}

TEST(CheckTest, SaysWhereTextIsNotJson) {
  const Ran ran = RunNinesctl({"check", "-"}, "{\n  \"a\": }");

  EXPECT_EQ(ran.exit_status, 1);
  EXPECT_THAT(ran.out, HasSubstr("line 2, column 8"));
}

TEST(CheckTest, RefusesTextThatIsTooLong) {
  const Ran ran = RunNinesctl({"check", "-"}, std::string(kMaxServiceConfigBytes + 1, ' '));

  EXPECT_EQ(ran.exit_status, 2);
  EXPECT_THAT(ran.err, HasSubstr("longer than a service config may be: 1048576 bytes"));
}

TEST(CheckTest, SaysWhatOnlyGrpcTakes) {
  const Ran ran =
      RunNinesctl({"check", "-", "--json"}, R"({"healthCheckConfig": {"serviceName": "x"}})");

  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  EXPECT_THAT(ran.json()["notes"], Contains(HasSubstr("healthCheckConfig: for gRPC channels")));
}

TEST(CheckTest, WritesNothingThatMovesTheCursor) {
  const Ran ran = RunNinesctl({"check", "/nonexistent\x1B[2J"});

  EXPECT_EQ(ran.exit_status, 2);
  EXPECT_THAT(ran.err, HasSubstr("/nonexistent\\x1B[2J"));
}

// One config cannot have all algorithms and kinds of probes: each of these has what it can.
constexpr const char* kCompleteNines[] = {
    R"("hash": {"keys": [{"call": {}}, {"header": "x"}, {"clientIp": {}}, {"method": {}},
       {"requestContent": {}}], "tableSize": 65537, "boundedLoad": 1.5},
       "slowStart": {"window": "0.25s", "aggression": 2.5, "minWeightPercent": 7},
       "tierOverprovisioningFactor": 2.25, "subset": {"size": 9}, "maxInFlightPerEndpoint": 77,
       "healthCheck": {"interval": "3s", "timeout": "0.5s", "unhealthyThreshold": 4,
         "healthyThreshold": 5, "jitterPercent": 6, "http": {"path": "/p", "host": "h", "tls": true,
         "caFile": "/ca", "expectedStatuses": [{"start": 204, "end": 205}, {"start": 301,
         "end": 301}]}}, "panic": {"thresholdPercent": 11, "mode": "FAIL"},
       "performanceCheck": {"loadHeader": "x-load", "targetUtilization": 0.5, "latencyFactor": 3,
         "minWeightPercent": 12}, "statusClasses": {"ABORTED": "OVERLOAD"})",
    R"("leastRequest": {"choices": 4},
       "outlierDetection": {"interval": "2s", "baseEjectionTime": "6s", "maxEjectionTime": "60s",
         "maxEjectionPercent": 13, "consecutiveFailures": 14, "successRateEjection": {
         "stdevFactor": 1, "enforcementPercentage": 2, "minimumHosts": 3, "requestVolume": 4},
         "failurePercentageEjection": {"threshold": 5, "enforcementPercentage": 6,
         "minimumHosts": 7, "requestVolume": 8}, "sequentialEjection": {"enforcementPercentage": 9},
         "latencyEjection": {"factor": 10, "enforcementPercentage": 11, "minimumHosts": 12,
         "requestVolume": 13}, "stallEjection": {"factor": 14, "minimumTime": "0.75s"}},
       "healthCheck": {"grpc": {"serviceName": "s", "watch": true}})",
    R"("roundRobin": {}, "healthCheck": {"tcp": {}},
       "retryBudget": {"percent": 30, "minPerSecond": 40, "ttl": "50s"})",
    R"("random": {}, "healthCheck": {"custom": {"name": "own"}})"};

constexpr char kCompleteMethods[] = R"({"methodConfig": [
    {"name": [{"service": "a.B", "method": "C"}, {"service": "a.D"}, {}], "timeout": "1.5s",
     "waitForReady": true, "retryPolicy": {"maxAttempts": 4, "initialBackoff": "0.01s",
     "maxBackoff": "0.123456789s", "backoffMultiplier": 1.5, "retryableStatusCodes":
     ["UNAVAILABLE", "CANCELLED"], "perAttemptRecvTimeout": "0.2s"}}, {"name": []},
     {"name": [{"service": "a.H"}], "hedgingPolicy": {"maxAttempts": 3, "hedgingDelay": "0.05s",
     "adaptiveDelay": {"quantile": 0.95}, "nonFatalStatusCodes": ["UNAVAILABLE"]}}],
     "retryThrottling": {"maxTokens": 20, "tokenRatio": 0.5}})";

std::vector<std::string> CompleteConfigs() {
  std::vector<std::string> configs = {kCompleteMethods};
  for (const char* nines : kCompleteNines) configs.push_back(NinesConfig(nines));
  return configs;
}

std::string Effective(const std::string& json) {
  const absl::StatusOr<ServiceConfig> config = ParseServiceConfig(json);
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? EffectiveConfig(*config).OnOneLine() : "";
}

class EffectiveConfigTest : public ::testing::TestWithParam<std::string> {};

TEST_P(EffectiveConfigTest, MeansItself) {
  const std::string effective = Effective(GetParam());

  EXPECT_EQ(Effective(effective), effective);
}

TEST_P(EffectiveConfigTest, HasWhatTheConfigSays) {
  const auto said = nlohmann::json::parse(GetParam()).flatten();
  const auto effective = nlohmann::json::parse(Effective(GetParam())).flatten();

  for (const auto& [path, value] : said.items()) {
    ASSERT_TRUE(effective.contains(path)) << path;
    EXPECT_EQ(effective[path], value) << path;
  }
}

INSTANTIATE_TEST_SUITE_P(Configs, EffectiveConfigTest, ::testing::ValuesIn(CompleteConfigs()));

// "nines.hash.keys" of "/loadBalancingConfig/0/nines/hash/keys/0/call", and what it is within.
std::set<std::string> Paths(const std::string& json) {
  std::set<std::string> paths;
  const nlohmann::json values = nlohmann::json::parse(json).flatten();
  for (const auto& [pointer, value] : values.items()) {
    std::string path;
    for (const absl::string_view part : absl::StrSplit(pointer.substr(1), '/')) {
      if (!part.empty() && part[0] >= '0' && part[0] <= '9') continue;
      absl::StrAppend(&path, path.empty() ? "" : ".", part);
      paths.insert(std::string(absl::StripPrefix(path, "loadBalancingConfig.")));
    }
  }
  return paths;
}

// The first column of the tables of docs/config.md, as far as it names fields of nines.
std::set<std::string> DocumentedPaths() {
  std::ifstream page(NINES_SOURCE_FOLDER "/docs/config.md");
  std::set<std::string> paths;
  for (std::string line; std::getline(page, line);) {
    if (!absl::StartsWith(line, "| `nines.")) continue;
    paths.insert(line.substr(3, line.find('`', 3) - 3));
  }
  return paths;
}

TEST(EffectiveConfigTest, HasEveryFieldThatIsDocumented) {
  std::set<std::string> written;
  for (const std::string& config : CompleteConfigs()) written.merge(Paths(Effective(config)));

  EXPECT_GT(DocumentedPaths().size(), 40U);
  EXPECT_THAT(DocumentedPaths(), IsSubsetOf(written));
}

}  // namespace
}  // namespace nines::ctl

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// The object under "healthCheck", through the public door.

#include <string>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "nines/config.h"

namespace nines {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

// `json` is what stands under "healthCheck".
absl::StatusOr<BalancerConfig> TryParse(absl::string_view json) {
  return ParseBalancerConfig(absl::StrCat(R"({"healthCheck": )", json, "}"));
}

std::string Problems(absl::string_view json) {
  return std::string(TryParse(json).status().message());
}

HealthCheckConfig Parse(absl::string_view json) {
  const absl::StatusOr<BalancerConfig> config = TryParse(json);
  EXPECT_TRUE(config.ok()) << config.status();
  if (!config.ok() || !config->health_check.has_value()) return HealthCheckConfig{};
  return *config->health_check;
}

// `json` is what stands under "http".
std::string HttpProblems(absl::string_view json) {
  return Problems(absl::StrCat(R"({"http": )", json, "}"));
}

HttpProbeConfig ParseHttp(absl::string_view json) {
  const HealthCheckConfig config = Parse(absl::StrCat(R"({"http": )", json, "}"));
  const auto* http = std::get_if<HttpProbeConfig>(&config.probe);
  EXPECT_NE(http, nullptr);
  return http == nullptr ? HttpProbeConfig{} : *http;
}

TEST(HealthCheckConfigTest, EveryFieldIsRead) {
  const HealthCheckConfig config = Parse(R"({
      "interval": "5s", "timeout": "0.2s", "unhealthyThreshold": 1, "healthyThreshold": 1000,
      "jitterPercent": 0, "tcp": {}})");

  EXPECT_EQ(config.interval, absl::Seconds(5));
  EXPECT_EQ(config.timeout, absl::Milliseconds(200));
  EXPECT_EQ(config.unhealthy_threshold, 1);
  EXPECT_EQ(config.healthy_threshold, 1000);
  EXPECT_EQ(config.jitter_percent, 0);
  EXPECT_TRUE(std::holds_alternative<TcpProbeConfig>(config.probe));
}

TEST(HealthCheckConfigTest, NamesOneKindOfProbe) {
  EXPECT_EQ(Problems("{}"),
            "nines.healthCheck: names no kind of probe; allowed: exactly one of tcp, http, grpc, "
            "custom");
  EXPECT_THAT(Problems(R"({"tcp": {}, "http": {"path": "/"}})"),
              HasSubstr("nines.healthCheck: names more than one kind of probe"));
  EXPECT_THAT(Problems(R"({"tcp": {"port": 1}})"),
              StartsWith("nines.healthCheck.tcp.port: unknown field"));
  EXPECT_THAT(Problems(R"({"tcp": {}, "unhealthyThreshold": 0})"),
              HasSubstr("allowed: an integer in [1, 1000]"));
}

TEST(HealthCheckConfigTest, ProblemsOfEveryKindThatIsPresentAreNamed) {
  EXPECT_EQ(Problems(R"({"http": {}, "grpc": {"watch": 1}, "interval": "0s"})"),
            "nines.healthCheck: names more than one kind of probe; allowed: exactly one of tcp, "
            "http, grpc, custom\n"
            "nines.healthCheck.http.path: is missing, and required\n"
            "nines.healthCheck.grpc.watch: 1 is not a boolean; allowed: true, false\n"
            "nines.healthCheck.interval: \"0s\" is out of range; allowed: a duration in "
            "[\"0.01s\", \"86400s\"], in seconds with at most 9 decimals");
}

TEST(HttpProbeConfigTest, NeedsOnlyAPath) {
  const HttpProbeConfig http = ParseHttp(R"({"path": "/healthz?full=1"})");

  EXPECT_EQ(http.path, "/healthz?full=1");
  EXPECT_EQ(http.host, "");
  EXPECT_FALSE(http.tls);
  EXPECT_EQ(http.ca_file, "");
  ASSERT_THAT(http.expected_statuses, SizeIs(1));
  EXPECT_EQ(http.expected_statuses[0].start, 200);
  EXPECT_EQ(http.expected_statuses[0].end, 299);
}

TEST(HttpProbeConfigTest, EveryFieldIsRead) {
  const HttpProbeConfig http = ParseHttp(R"({
      "path": "/", "host": "greeter.example:8443", "tls": true, "caFile": "/etc/ca.pem",
      "expectedStatuses": [{"start": 204, "end": 204}, {"start": "300", "end": 399}]})");

  EXPECT_EQ(http.host, "greeter.example:8443");
  EXPECT_TRUE(http.tls);
  EXPECT_EQ(http.ca_file, "/etc/ca.pem");
  ASSERT_THAT(http.expected_statuses, SizeIs(2));
  EXPECT_EQ(http.expected_statuses[0].start, 204);
  EXPECT_EQ(http.expected_statuses[0].end, 204);
  EXPECT_EQ(http.expected_statuses[1].start, 300);
  EXPECT_EQ(http.expected_statuses[1].end, 399);
}

class GoodHostTest : public ::testing::TestWithParam<std::string> {};

TEST_P(GoodHostTest, IsKeptAsWritten) {
  EXPECT_EQ(ParseHttp(absl::StrCat(R"({"path": "/", "host": ")", GetParam(), "\"}")).host,
            GetParam());
}

INSTANTIATE_TEST_SUITE_P(Hosts, GoodHostTest,
                         ::testing::Values("a", "a-b_c.example.", "192.0.2.1", "192.0.2.1:1",
                                           "a:65535", "[::1]", "[2001:db8::1]:443"),
                         [](const auto& instance) {
                           return absl::StrCat("number", instance.index);
                         });

class BadHostTest : public ::testing::TestWithParam<std::string> {};

TEST_P(BadHostTest, IsRefused) {
  EXPECT_THAT(HttpProblems(absl::StrCat(R"({"path": "/", "host": ")", GetParam(), "\"}")),
              HasSubstr("is not a host; allowed: a host or host:port"));
}

INSTANTIATE_TEST_SUITE_P(Hosts, BadHostTest,
                         ::testing::Values("", ":80", "a:", "a:0", "a:65536", "a:80x", "a:+1",
                                           "a b", "a/b", "user@a", "a?b", "a#b", "::1", "[::1",
                                           "[]:80", "[a]b", "[::1%25eth0]", R"(a\r\nX: y)",
                                           std::string(256, 'a')),
                         [](const auto& instance) {
                           return absl::StrCat("number", instance.index);
                         });

class BadPathTest : public ::testing::TestWithParam<std::string> {};

TEST_P(BadPathTest, IsRefused) {
  EXPECT_THAT(HttpProblems(absl::StrCat(R"({"path": ")", GetParam(), "\"}")),
              HasSubstr("is not a path; allowed: a path that begins with"));
}

INSTANTIATE_TEST_SUITE_P(Paths, BadPathTest,
                         ::testing::Values("", "healthz", "http://a/", "/a b", "/a#b", "/\u00e4",
                                           R"(/\r\nX: y)", R"(/\u0000)", std::string(2049, '/')),
                         [](const auto& instance) {
                           return absl::StrCat("number", instance.index);
                         });

TEST(HttpProbeConfigTest, AuthoritiesAreForTls) {
  EXPECT_EQ(HttpProblems(R"({"path": "/", "caFile": "/x"})"),
            "nines.healthCheck.http.caFile: is of no use without TLS; allowed: beside \"tls\": "
            "true");
  EXPECT_EQ(HttpProblems(R"({"path": "/", "tls": true, "caFile": ""})"),
            "nines.healthCheck.http.caFile: \"\" is not the path of a file");
  EXPECT_EQ(HttpProblems(R"({"path": "/", "tls": {}})"),
            "nines.healthCheck.http.tls: an object is not a boolean; allowed: true, false");
}

TEST(HttpProbeConfigTest, StatusesAreRangesWithBothEnds) {
  const auto problems = [](absl::string_view statuses) {
    return HttpProblems(absl::StrCat(R"({"path": "/", "expectedStatuses": )", statuses, "}"));
  };

  EXPECT_THAT(problems("[]"), HasSubstr("has 0 elements; allowed: 1 to 16"));
  EXPECT_THAT(problems("200"), HasSubstr("200 is not an array"));
  EXPECT_THAT(problems("[200]"), HasSubstr("expectedStatuses[0]: 200 is not an object"));
  EXPECT_THAT(problems(R"([{"start": 200}])"),
              HasSubstr("expectedStatuses[0].end: is missing, and required"));
  EXPECT_THAT(problems(R"([{"start": 100, "end": 600}])"),
              AllOf(HasSubstr("[0].start: 100 is out of range; allowed: an integer in [200, 599]"),
                    HasSubstr("[0].end: 600 is out of range")));
  EXPECT_THAT(problems(R"([{"start": 204, "end": 200}])"),
              HasSubstr("expectedStatuses[0].end: 200 is below start, 204"));
}

TEST(HttpProbeConfigTest, UnknownFieldsAreRefused) {
  EXPECT_THAT(HttpProblems(R"({"path": "/", "method": "HEAD"})"),
              StartsWith("nines.healthCheck.http.method: unknown field"));
}

TEST(GrpcProbeConfigTest, EveryFieldIsRead) {
  const HealthCheckConfig config =
      Parse(R"({"grpc": {"serviceName": "greeter.Greeter", "watch": true}})");

  ASSERT_TRUE(std::holds_alternative<GrpcProbeConfig>(config.probe));
  EXPECT_EQ(std::get<GrpcProbeConfig>(config.probe).service_name, "greeter.Greeter");
  EXPECT_TRUE(std::get<GrpcProbeConfig>(config.probe).watch);
  const HealthCheckConfig plain = Parse(R"({"grpc": {}})");
  EXPECT_EQ(std::get<GrpcProbeConfig>(plain.probe).service_name, "");
  EXPECT_FALSE(std::get<GrpcProbeConfig>(plain.probe).watch);
}

TEST(GrpcProbeConfigTest, ProblemsAreNamed) {
  EXPECT_THAT(Problems(R"({"grpc": {"serviceName": 1}})"),
              HasSubstr("serviceName: 1 is not a string"));
  EXPECT_THAT(
      Problems(absl::StrCat(R"({"grpc": {"serviceName": ")", std::string(1025, 'a'), "\"}}")),
      HasSubstr("serviceName: has 1025 bytes; allowed: at most 1024"));
}

TEST(CustomProbeConfigTest, NamesACheck) {
  const HealthCheckConfig config = Parse(R"({"custom": {"name": "replica"}})");

  ASSERT_TRUE(std::holds_alternative<CustomProbeConfig>(config.probe));
  EXPECT_EQ(std::get<CustomProbeConfig>(config.probe).name, "replica");
}

TEST(CustomProbeConfigTest, ProblemsAreNamed) {
  EXPECT_EQ(Problems(R"({"custom": {}})"),
            "nines.healthCheck.custom.name: is missing, and required");
  EXPECT_EQ(Problems(R"({"custom": {"name": ""}})"),
            "nines.healthCheck.custom.name: has 0 bytes; allowed: 1 to 255");
  EXPECT_THAT(Problems(absl::StrCat(R"({"custom": {"name": ")", std::string(256, 'a'), "\"}}")),
              HasSubstr("name: has 256 bytes; allowed: 1 to 255"));
  EXPECT_THAT(Problems(R"({"custom": {"name": 1}})"), HasSubstr("name: 1 is not a string"));
  EXPECT_THAT(Problems(R"({"custom": {"name": "a", "every": 1}})"),
              StartsWith("nines.healthCheck.custom.every: unknown field"));
}

}  // namespace
}  // namespace nines

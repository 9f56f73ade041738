// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "contender.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "nines/grpc.h"
#include "testbed/echo_client.h"
#include "testbed/stock_channel.h"

namespace nines::bench {
namespace {

constexpr char kServiceName[] = "fleet.nines.test";

constexpr char kTwoAttempts[] = R"([{
  "name": [{}],
  "retryPolicy": {
    "maxAttempts": 2, "initialBackoff": "0.001s", "maxBackoff": "0.001s", "backoffMultiplier": 1,
    "retryableStatusCodes": ["UNAVAILABLE"]}}])";

absl::StatusOr<std::shared_ptr<::grpc::Channel>> CreateNinesChannel(
    const std::string& service_config, const testbed::Fleet& fleet, testbed::DnsServer& dns) {
  if (absl::Status status = dns.SetAddresses(kServiceName, fleet.hosts()); !status.ok()) {
    return status;
  }
  ChannelOptions options;
  options.service_config_json = service_config;
  options.arguments = testbed::ComparisonArguments();
  return CreateChannel(absl::StrCat("dns://", dns.address(), "/", kServiceName, ":", fleet.port()),
                       ::grpc::InsecureChannelCredentials(), options);
}

absl::StatusOr<std::shared_ptr<::grpc::Channel>> CreateChannelOf(Contender contender,
                                                                 const ServiceConfigs& configs,
                                                                 const testbed::Fleet& fleet,
                                                                 testbed::DnsServer& dns) {
  if (contender == Contender::kNines) return CreateNinesChannel(configs.nines, fleet, dns);
  return testbed::MakeStockChannel(fleet.addresses(), configs.stock);
}

}  // namespace

absl::string_view ContenderName(Contender contender) {
  return contender == Contender::kStock ? "stock" : "nines";
}

ServiceConfigs FaultConfigs() {
  return {testbed::ServiceConfig(testbed::kStockBalancing, testbed::kRetryMethodConfig),
          testbed::ServiceConfig(R"([{"nines": {}}])", testbed::kRetryMethodConfig)};
}

ServiceConfigs TwoAttemptsConfigs() {
  return {testbed::ServiceConfig(R"([{"round_robin": {}}])", kTwoAttempts),
          testbed::ServiceConfig(R"([{"nines": {"outlierDetection": {"consecutiveFailures": 0},
                                                "retryBudget": {"percent": 100}}}])",
                                 kTwoAttempts)};
}

ServiceConfigs PlainConfigs() {
  return {testbed::ServiceConfig(R"([{"round_robin": {}}])", kTwoAttempts),
          testbed::ServiceConfig(R"([{"nines": {}}])", kTwoAttempts)};
}

ServiceConfigs HashConfigs(absl::string_view key_header) {
  ServiceConfigs configs = PlainConfigs();
  configs.nines = testbed::ServiceConfig(
      absl::StrCat(R"([{"nines": {"hash": {"keys": [{"header": ")", key_header, R"("}]}}}])"),
      kTwoAttempts);
  return configs;
}

absl::StatusOr<std::shared_ptr<::grpc::Channel>> CreateWarmChannel(Contender contender,
                                                                   const ServiceConfigs& configs,
                                                                   testbed::Fleet& fleet,
                                                                   testbed::DnsServer& dns) {
  absl::StatusOr<std::shared_ptr<::grpc::Channel>> channel =
      CreateChannelOf(contender, configs, fleet, dns);
  if (!channel.ok()) return channel.status();
  if (absl::Status status = testbed::WarmUp(*channel, fleet.size()); !status.ok()) return status;
  return channel;
}

}  // namespace nines::bench

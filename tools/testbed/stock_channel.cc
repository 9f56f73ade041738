// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "testbed/stock_channel.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace nines::testbed {

const char kRetryMethodConfig[] = R"([{
  "name": [{}],
  "retryPolicy": {
    "maxAttempts": 4,
    "initialBackoff": "0.01s",
    "maxBackoff": "0.1s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
    "perAttemptRecvTimeout": "0.2s"
  }}])";

// enforcementPercentage must be given: where gRFC A50 says 100, gRPC 1.51 takes 0 and never ejects.
// A longer baseEjectionTime, or one of the two ejections alone, does no better in
// bench/availability.
const char kStockBalancing[] = R"([{"outlier_detection_experimental": {
  "interval": "1s",
  "baseEjectionTime": "5s",
  "maxEjectionPercent": 60,
  "successRateEjection": {
    "stdevFactor": 1900, "enforcementPercentage": 100, "minimumHosts": 3, "requestVolume": 20},
  "failurePercentageEjection": {
    "threshold": 50, "enforcementPercentage": 100, "minimumHosts": 2, "requestVolume": 10},
  "childPolicy": [{"round_robin": {}}]}}])";

std::string ServiceConfig(absl::string_view load_balancing_config,
                          absl::string_view method_config) {
  std::string members;
  if (!load_balancing_config.empty()) {
    absl::StrAppend(&members, "\"loadBalancingConfig\": ", load_balancing_config);
  }
  if (!method_config.empty()) {
    absl::StrAppend(&members, members.empty() ? "" : ", ", "\"methodConfig\": ", method_config);
  }
  return absl::StrCat("{", members, "}");
}

::grpc::ChannelArguments ComparisonArguments() {
  ::grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt("grpc.experimental.enable_hedging", 1);
  return arguments;
}

std::shared_ptr<::grpc::Channel> MakeStockChannel(const std::vector<std::string>& addresses,
                                                  const std::string& service_config) {
  ::grpc::ChannelArguments arguments = ComparisonArguments();
  arguments.SetServiceConfigJSON(service_config);
  return ::grpc::CreateCustomChannel(absl::StrCat("ipv4:", absl::StrJoin(addresses, ",")),
                                     ::grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace nines::testbed

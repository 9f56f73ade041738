// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "nines/grpc.h"
#include "testbed/dns_server.h"
#include "testbed/echo_client.h"
#include "testbed/eventually.h"
#include "testbed/fleet.h"

namespace nines::testing {

/// A retryPolicy of four attempts without per-attempt timeout, as a whole methodConfig.
inline constexpr char kFourAttempts[] = R"("methodConfig": [{
  "name": [{}],
  "retryPolicy": {
    "maxAttempts": 4, "initialBackoff": "0.01s", "maxBackoff": "0.1s", "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"]}}])";

/// The longest that any of these tests waits for a call or a process.
inline constexpr absl::Duration kPatience = absl::Seconds(30);

/// Real backends in processes of their own, a real DNS server that lists them under kServiceName,
/// and channels of nines to them.
class EndToEndTest : public ::testing::Test {
 protected:
  static constexpr char kServiceName[] = "greeter.nines.test";

  void SetUp() override;

  /// Starts backends b1, b2, … and lists them all in DNS.
  void StartFleet(size_t size);

  /// "dns://127.0.0.1:<dns>/greeter.nines.test:<port of the fleet>".
  std::string DnsTarget() const;

  /// "static:///127.0.0.2:<port>,…": for tests that are not about DNS.
  std::string StaticTarget() const;

  /// A channel with connections of its own; a failed check and nullptr if it cannot be made.
  static std::shared_ptr<::grpc::Channel> Connect(const std::string& target,
                                                  const std::string& service_config,
                                                  std::shared_ptr<Observer> observer = nullptr);

  /// The names of the backends that answered `count` calls.
  static std::set<std::string> BackendsOf(const std::shared_ptr<::grpc::Channel>& channel,
                                          int count, const testbed::EchoCall& call = {});

  /// Makes the channel connect to all backends.
  void WarmUp(const std::shared_ptr<::grpc::Channel>& channel);

  testbed::Backend& BackendNamed(absl::string_view name);

  std::unique_ptr<testbed::DnsServer> dns_;
  std::unique_ptr<testbed::Fleet> fleet_;  // null: not started
};

/// A call with this hash key.
testbed::EchoCall WithHashKey(const std::string& key);

/// A call with this metadata.
testbed::EchoCall WithHeader(const std::string& name, const std::string& value);

}  // namespace nines::testing

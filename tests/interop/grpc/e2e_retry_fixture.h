// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "e2e_fixture.h"

namespace nines::testing {

/// Channels whose retries are not disturbed by ejections, and what arrives at the backends.
class RetriesTest : public EndToEndTest {
 protected:
  /// A config without ejections, with more fields of nines, which may be none, and a methodConfig.
  static std::string ConfigOf(const std::string& nines_config, const std::string& method_config) {
    return absl::StrCat(
        R"({"loadBalancingConfig": [{"nines": {"outlierDetection": {"consecutiveFailures": 0})",
        nines_config.empty() ? "" : ", ", nines_config, "}}], ", method_config, "}");
  }

  std::shared_ptr<::grpc::Channel> ConnectTo(size_t backends, const std::string& nines_config,
                                             const std::string& method_config) {
    StartFleet(backends);
    auto channel = Connect(StaticTarget(), ConfigOf(nines_config, method_config));
    WarmUp(channel);
    return channel;
  }

  void AllAnswerWith(const std::string& code) {
    for (size_t i = 0; i < fleet_->size(); ++i) {
      ASSERT_TRUE(fleet_->backend(i).AnswerWith(code).ok());
    }
  }

  uint64_t AttemptsReceived() {
    uint64_t calls = 0;
    for (size_t i = 0; i < fleet_->size(); ++i) {
      calls += fleet_->backend(i).CallsReceived().value_or(0);
    }
    return calls;
  }

  // How many attempts reach the backends while `calls` calls are made.
  uint64_t AttemptsOf(const std::shared_ptr<::grpc::Channel>& channel, int calls) {
    const uint64_t before = AttemptsReceived();
    for (int i = 0; i < calls; ++i) testbed::MakeCall(channel).IgnoreError();
    return AttemptsReceived() - before;
  }
};

}  // namespace nines::testing

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nines/endpoint.h"
#include "nines/resolver.h"
#include "support/gate.h"

namespace nines {

// Keeps what a resolver says, one line each: "127.0.0.1:80 [::1]:80", or "NOT_FOUND: …".
// Thread-safe.
class EndpointRecorder final : public Resolver::Listener {
 public:
  // kAll: "127.0.0.1:80 tier 0 weight 1, [::1]:80 … lame".
  enum class Detail { kAddresses, kAll };

  explicit EndpointRecorder(Detail detail = Detail::kAddresses) : detail_(detail) {}

  void OnEndpoints(EndpointList endpoints) override {
    if (detail_ == Detail::kAddresses) {
      return Add(absl::StrJoin(endpoints, " ", [](std::string* out, const Endpoint& endpoint) {
        out->append(endpoint.address);
      }));
    }
    Add(absl::StrJoin(endpoints, ", ", [](std::string* out, const Endpoint& endpoint) {
      absl::StrAppend(out, endpoint.address, " tier ", endpoint.tier, " weight ", endpoint.weight,
                      endpoint.is_lame ? " lame" : "");
    }));
  }
  void OnResolveError(const absl::Status& status) override {
    Add(absl::StrCat(absl::StatusCodeToString(status.code()), ": ", status.message()));
  }
  void OnServiceConfig(std::string json) override { Add("service config: " + json); }

  std::vector<std::string> lines() const {
    const std::lock_guard<std::mutex> lock(mu_);
    return lines_;
  }

  // Line number `index` (0: the first), waiting for it; "(nothing)" if it does not come.
  std::string WaitForLine(size_t index) {
    std::unique_lock<std::mutex> lock(mu_);
    added_.wait_for(lock, kPatience, [&] { return lines_.size() > index; });
    return lines_.size() > index ? lines_[index] : "(nothing)";
  }

 private:
  void Add(std::string line) {
    const std::lock_guard<std::mutex> lock(mu_);
    lines_.push_back(std::move(line));
    added_.notify_all();
  }

  const Detail detail_;
  mutable std::mutex mu_;
  std::condition_variable added_;
  std::vector<std::string> lines_;  // guarded by mu_
};

}  // namespace nines

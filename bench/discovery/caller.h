// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "contender.h"
#include "grpcpp/grpcpp.h"
#include "testbed/open_loop_load.h"

namespace nines::bench {

/// Calls a service all the time through a channel that finds it by DNS. Thread-compatible.
class Caller {
 public:
  /// `target` is "dns://server/name:port", which both contenders understand. Returns once each of
  /// so many backends has answered a call.
  static absl::StatusOr<std::unique_ptr<Caller>> Start(Contender contender,
                                                       const std::string& target, size_t backends);

  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;
  ~Caller() { load_->Stop(); }

  /// Calls that have failed so far.
  uint64_t failed() const { return load_->Total().failed; }

  /// Waits until `backend` has answered a call, for `patience` at most. When it was due, by
  /// absl::Now().
  std::optional<absl::Time> WaitForAnswerOf(const std::string& backend, absl::Duration patience);

 private:
  explicit Caller(std::shared_ptr<::grpc::Channel> channel);

  void OnEnd(const testbed::OpenLoopLoad::EndedCall& call);

  const std::shared_ptr<::grpc::Channel> channel_;
  absl::Time start_;
  std::mutex mu_;
  std::map<std::string, absl::Time> first_answers_;  // by backend; guarded by mu_
  std::unique_ptr<testbed::OpenLoopLoad> load_;      // goes first
};

}  // namespace nines::bench

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <random>
#include <string>

#include "absl/time/time.h"
#include "echo.grpc.pb.h"
#include "grpcpp/grpcpp.h"

namespace nines::testbed {

/// A request with this message kills the process of the backend that gets it.
inline constexpr char kDeadlyMessage[] = "die";

/// How a backend answers from now on. A value; the default is a healthy backend.
struct Behaviour {
  ::grpc::Status status;      // calls end with it …
  double status_share = 1;    // … this share of them, drawn at random; the others well
  absl::Duration delay = {};  // after this long …
  double delay_share = 1;     // … this share of them; the others at once
  /// Trailing metadata of every unary call, by name.
  std::map<std::string, std::string> trailers;
};

/// The service of one backend process. No call occupies a thread while it is delayed, so a slow
/// backend is slow and not also short of threads.
///
/// Thread-safe. Outlives the server it is registered with.
class EchoService final : public Echo::CallbackService {
 public:
  EchoService(std::string name, std::string address);

  void SetBehaviour(Behaviour behaviour);

  /// Calls that arrived, with every attempt of a retried call.
  uint64_t calls() const { return calls_.load(std::memory_order_relaxed); }

  /// Those of them that were answered with another status than OK, or will be.
  uint64_t failed_calls() const { return failed_calls_.load(std::memory_order_relaxed); }

  ::grpc::ServerUnaryReactor* Unary(::grpc::CallbackServerContext* context,
                                    const EchoRequest* request, EchoReply* reply) override;
  ::grpc::ServerBidiReactor<EchoRequest, EchoReply>* Stream(
      ::grpc::CallbackServerContext* context) override;
  ::grpc::ServerReadReactor<EchoRequest>* ClientStream(::grpc::CallbackServerContext* context,
                                                       EchoReply* reply) override;
  ::grpc::ServerWriteReactor<EchoReply>* ServerStream(::grpc::CallbackServerContext* context,
                                                      const EchoRequest* request) override;

  /// What answers `request` in the call of `context`.
  EchoReply MakeReply(const ::grpc::CallbackServerContext& context,
                      const EchoRequest& request) const;

 private:
  /// Counts a call; how it is to be answered.
  Behaviour BeginCall();

  const std::string name_;
  const std::string address_;
  std::atomic<uint64_t> calls_{0};
  std::atomic<uint64_t> failed_calls_{0};

  // std::mutex here and elsewhere in the testbed: the SDK's annotated one is private to the SDK.
  std::mutex mu_;
  Behaviour behaviour_;  // guarded by mu_
  std::mt19937_64 rng_;  // guarded by mu_
};

}  // namespace nines::testbed

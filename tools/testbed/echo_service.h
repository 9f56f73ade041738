// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "absl/time/time.h"
#include "echo.grpc.pb.h"
#include "grpcpp/grpcpp.h"

namespace nines::testbed {

/// How a backend answers from now on. A value; the default is a healthy backend.
struct Behaviour {
  ::grpc::Status status;  // every call ends with it
  absl::Duration delay;   // after this long
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

  ::grpc::ServerUnaryReactor* Unary(::grpc::CallbackServerContext* context,
                                    const EchoRequest* request, EchoReply* reply) override;
  ::grpc::ServerBidiReactor<EchoRequest, EchoReply>* Stream(
      ::grpc::CallbackServerContext* context) override;

  /// What answers `request` in the call of `context`.
  EchoReply MakeReply(const ::grpc::CallbackServerContext& context,
                      const EchoRequest& request) const;

 private:
  Behaviour behaviour() const;

  const std::string name_;
  const std::string address_;
  std::atomic<uint64_t> calls_{0};

  // std::mutex here and elsewhere in the testbed: the SDK's annotated one is private to the SDK.
  mutable std::mutex mu_;
  Behaviour behaviour_;  // guarded by mu_
};

}  // namespace nines::testbed

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "echo.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "testbed/call_tally.h"

namespace nines::testbed {

/// Unary calls at a fixed rate, however they go. Each call's time is set beforehand, and its
/// latency counts from that time: a stall of the client or of the machine is in the numbers, not
/// left out (as users of a service would see it, who do not wait for each other).
///
/// Two threads, whatever the rate. Thread-safe, but for Start().
class OpenLoopLoad {
 public:
  struct EndedCall {
    absl::Duration due;      // since Start()
    absl::Duration latency;  // since it was due
    const ::grpc::Status& status;
    const EchoReply& reply;  // empty unless the status is OK
  };
  struct Options {
    double calls_per_second = 1000;
    absl::Duration deadline = absl::Seconds(1);  // of each call, from the time it was due
    uint64_t max_calls = 0;                      // ends by itself after so many; 0: by Stop()
    /// Called for each call before it starts, with its number. On the load's own thread. May be
    /// empty.
    std::function<void(uint64_t number, ::grpc::ClientContext& context)> prepare = nullptr;
    /// Called for each call that has ended. On the load's other thread. May be empty.
    std::function<void(const EndedCall& call)> on_end = nullptr;
  };

  OpenLoopLoad(const std::shared_ptr<::grpc::Channel>& channel, Options options);
  OpenLoopLoad(const OpenLoopLoad&) = delete;
  OpenLoopLoad& operator=(const OpenLoopLoad&) = delete;
  ~OpenLoopLoad() { Stop(); }

  /// Begins; the first call is due now. Called once.
  void Start();

  /// Makes no further call and returns when the last has ended. Idempotent.
  void Stop();

  /// Returns when `max_calls` calls were made and have ended. REQUIRES: max_calls > 0, Start().
  void Wait();

  /// The calls that have ended so far.
  CallTally Total() const;

  /// The calls that were due in the seconds [begin, end) after Start() and have ended so far.
  CallTally Between(size_t begin, size_t end) const;

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  struct PendingCall {
    uint64_t number = 0;
    SteadyTime due;
    ::grpc::ClientContext context;
    EchoReply reply;
    ::grpc::Status status;
    std::unique_ptr<::grpc::ClientAsyncResponseReader<EchoReply>> reader;
  };

  SteadyTime DueTime(uint64_t number) const;
  void IssueCalls();
  void Issue(uint64_t number);
  void CollectCalls();
  void Record(const PendingCall& call, SteadyTime end);

  const std::unique_ptr<Echo::Stub> stub_;
  const Options options_;
  SteadyTime start_;  // written by Start(), before the threads
  ::grpc::CompletionQueue queue_;
  std::thread issuer_;
  std::thread collector_;
  std::mutex join_mu_;                    // held while the threads are joined
  std::atomic<bool> is_stopping_{false};  // written by Stop(), read by the issuer

  mutable std::mutex mu_;
  CallTally total_;                 // guarded by mu_
  std::vector<CallTally> seconds_;  // guarded by mu_; by the second in which the call was due
};

}  // namespace nines::testbed

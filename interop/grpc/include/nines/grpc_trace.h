// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/client_context.h>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nines/call_trace.h"

namespace nines {

class SharedCall;

/// What became of each attempt of one gRPC call.
///
///   grpc::ClientContext context;
///   const nines::GrpcCallTrace trace = nines::TraceCall(&context);
///   grpc::Status status = stub->SayHello(&context, request, &reply);
///   for (const auto& attempt : trace.attempts()) Log(attempt.endpoint, attempt.next);
///
/// Thread-safe. May outlive context, channel and call; dropped before the call starts, it is not
/// written.
class GrpcCallTrace {
 public:
  struct Attempt {
    std::string endpoint;                // its address
    std::optional<absl::Status> status;  // nothing: it has not ended
    absl::Duration duration;             // from its pick to its end, or so far
    std::string next;                    // why another followed, or why none did; "": success
    AttemptReason reason = AttemptReason::kFirst;  // why it was made
  };

  /// In the order of their picks. An attempt that gRPC gave up (for the call's deadline, its cancel
  /// or perAttemptRecvTimeout) ends a little later than the call may: read again to see it.
  std::vector<Attempt> attempts() const;

  /// Why there was no further attempt, in the words of nines::CallTrace. Nothing: none has ended
  /// the call yet, or what did was the call's own deadline or cancel.
  std::optional<CallEnd> end() const;

 private:
  friend GrpcCallTrace TraceCall(grpc::ClientContext* context);
  explicit GrpcCallTrace(std::shared_ptr<SharedCall> call) : call_(std::move(call)) {}

  std::shared_ptr<SharedCall> call_;
};

/// Has the call of `context` traced, if it is made on a channel of CreateChannel(). Before the call
/// starts, at most once. Costs the call a few allocations; calls that are not traced pay nothing.
/// By other channels a number without meaning is sent as metadata.
GrpcCallTrace TraceCall(grpc::ClientContext* context);

}  // namespace nines

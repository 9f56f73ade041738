// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nines/retry.h"

namespace nines {

/// A unary method whose slow calls are made a second time, on another endpoint, and whose first
/// good answer counts. For methods that may run twice. docs/decisions/grpc-hedging.md says why this
/// is a function and not a matter of the service config.
///
///   auto hello = nines::HedgedMethod::Create(channel, {.adaptive_quantile = 0.98});
///   …
///   HelloReply reply;
///   const grpc::Status status = nines::HedgedUnaryCall<HelloReply>(
///       **hello, absl::Now() + absl::Seconds(1), &reply,
///       [&](grpc::ClientContext* context, HelloReply* attempts_reply, auto done) {
///         stub->async()->SayHello(context, &request, attempts_reply, std::move(done));
///       });
///
/// Thread-safe; one for all calls of the method, whose latencies it learns. Outlives its calls.
class HedgedMethod {
 public:
  using Done = std::function<void(grpc::Status)>;
  /// What a call does, by a reply of any type. Used during the call only.
  struct Attempts {
    absl::FunctionRef<std::shared_ptr<void>()> make_reply;
    absl::FunctionRef<void(grpc::ClientContext* context, void* reply, Done done)> start;
    absl::FunctionRef<void(void* reply)> take_reply;
  };

  /// InvalidArgument if CreateChannel() did not make the channel, for max_attempts beyond
  /// [2, RetryPolicy::kMaxAttempts], a negative delay, or a quantile beyond [0.5, 0.999].
  static absl::StatusOr<std::unique_ptr<HedgedMethod>> Create(
      const std::shared_ptr<grpc::Channel>& channel, const HedgingPolicy& policy);

  virtual ~HedgedMethod() = default;

  /// HedgedUnaryCall() for any type of reply.
  virtual grpc::Status Run(absl::Time deadline, const Attempts& attempts) = 0;

  /// How long a call waits now before it is hedged; infinite while that is not known yet.
  virtual absl::Duration delay() const = 0;
};

/// Makes one call and blocks until it ends. `start` begins an attempt by the callback interface of
/// any stub on the method's channel, with a context that has the deadline already; it may add
/// metadata and a hash key (but no TraceCall()). It runs on this thread, once for each attempt, and
/// what it refers to may go when this returns: gRPC serialises requests when calls start.
///
/// An attempt that takes longer than the delay gets another beside it, on an endpoint that the call
/// has not tried, if there is one, within the channel's retryBudget and retryThrottling. OK, or an
/// error that is not among the policy's non_fatal_codes, ends the call, and cancels the other
/// attempts; after one that is among them, the next attempt is made at once, or when the server
/// said (pushback, gRFC A6). `reply` is written only with OK.
template <typename Reply>
grpc::Status HedgedUnaryCall(
    HedgedMethod& method, absl::Time deadline, Reply* reply,
    absl::FunctionRef<void(grpc::ClientContext* context, Reply* reply, HedgedMethod::Done done)>
        start) {
  return method.Run(deadline,
                    {[] { return std::shared_ptr<void>(std::make_shared<Reply>()); },
                     [start](grpc::ClientContext* context, void* to, HedgedMethod::Done done) {
                       start(context, static_cast<Reply*>(to), std::move(done));
                     },
                     [reply](void* from) { *reply = std::move(*static_cast<Reply*>(from)); }});
}

}  // namespace nines

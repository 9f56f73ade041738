// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nines/async_call.h"
#include "nines/balancer.h"
#include "nines/call.h"
#include "nines/endpoint.h"
#include "nines/observer.h"
#include "nines/registry.h"
#include "nines/retry.h"
#include "nines/snapshot.h"

namespace nines {

/// One try of a call, as the caller's function sees it.
struct Attempt {
  const Endpoint& endpoint;
  uint32_t number = 1;  // 1: the first
  absl::Time deadline;  // end this attempt by then
};

struct ClientOptions {
  /// Service config, see docs/config.md. "" means {}.
  std::string service_config_json = {};
  std::shared_ptr<Observer> observer = {};     // hears of every health and discovery event
  const Registry* registry = nullptr;          // null: BuiltinRegistry()
  std::shared_ptr<EventLoop> event_loop = {};  // null: SharedEventLoop()
  RandomSource* random = nullptr;              // null: ProcessRandom()
  SnapshotOptions snapshot = {};               // what is known outlives the process: off by default
};

/// The whole SDK for programs that bring their own RPC: resolves the target, keeps the endpoints'
/// health, chooses an endpoint for each attempt, and tries again elsewhere.
///
/// Thread-safe. Lifetime: keep it as long as calls run on it; the destructor shuts it down.
///
///   auto client = nines::Client::Create("dns:///cache.example:11211", {});
///   absl::Status status = (*client)->Run({.hash_key = key}, [&](const nines::Attempt& attempt) {
///     return Get(attempt.endpoint.address, key, &value);
///   });
class Client {
 public:
  /// InvalidArgument for a target or config that is wrong, naming every problem. Does not wait for
  /// DNS: a name that does not resolve is not an error here.
  static absl::StatusOr<std::shared_ptr<Client>> Create(absl::string_view target,
                                                        ClientOptions options = {});

  virtual ~Client() = default;

  /// Makes one call: picks an endpoint, runs `attempt` on this thread, and while that fails in a
  /// way that may be retried, runs it again on the next endpoint.
  ///
  /// An attempt that returns absl::UnavailableError marked by MarkUnprocessed() (its connection was
  /// never made) is always safe to retry; other codes only as the method's retryPolicy says.
  /// A call that fails on three endpoints which do not fail others is not retried further. Under a
  /// hedgingPolicy attempts follow one another and none is made for slowness: docs/retries.md.
  /// Returns the last attempt's status, whose message then says what was tried; Unavailable, naming
  /// the endpoints' states, if there was no endpoint to try; DeadlineExceeded if call.deadline
  /// passes while waiting for one. Blocks for as long as the attempts do, for backoff, and (with
  /// waitForReady) for endpoints.
  virtual absl::Status Run(const Call& call,
                           absl::FunctionRef<absl::Status(const Attempt&)> attempt) = 0;

  /// Makes one call without blocking: `start` begins an attempt, which whoever knows its end
  /// finishes; `done` hears of the call's. Both may happen before this returns. Attempts are
  /// retried as Run() does, backed off from by timers of the event loop, given up at their
  /// deadlines, and with a hedgingPolicy joined by others, at other endpoints, of which the first
  /// success counts.
  ///
  /// What `call` points to is read before this returns, but for its trace, which is written until
  /// `done` is called. Until then the call keeps the client.
  virtual CallHandle RunAsync(const Call& call, AttemptStarter start, CallDone done) = 0;

  /// Chooses an endpoint and leaves the loop to the caller, who reports on the lease. `memory`
  /// belongs to the call and makes each further pick go elsewhere.
  virtual PickResult Pick(const Call& call, CallMemory& memory) = 0;

  /// A reading of every endpoint.
  virtual std::vector<EndpointStatus> Endpoints() const = 0;

  /// Which endpoints a new call such as `call` would look at, in order, and why each would take it
  /// or not: see Balancer::Explain().
  virtual std::vector<CandidateVerdict> Explain(const Call& call) const = 0;

  /// Drains, disables, forces or weighs an endpoint by hand, or ends that: see
  /// Balancer::SetOverride().
  virtual absl::Status SetOverride(absl::string_view address, const Override& wish) = 0;

  /// Replaces the endpoints, if the target leaves finding them to the program ("manual:///name").
  /// Until the first list, calls wait. A list is used soon after, as those of other targets are:
  /// endpoints that stay (same address) keep health and load. An empty one counts, too.
  /// InvalidArgument, with every problem, if an address is none, or not distinct, or a field is out
  /// of the range that it has in an endpoint file; then the list before stays.
  /// FailedPrecondition for other targets, and after Shutdown().
  virtual absl::Status SetEndpoints(EndpointList endpoints) = 0;

  /// What picks met with, summed since creation.
  virtual Balancer::Counters counters() const = 0;

  /// Asks for the endpoints anew. Returns at once; the rate of queries is limited. Run() does so
  /// itself after an attempt that was marked by MarkUnprocessed().
  virtual void Refresh() = 0;

  /// Blocks until a pick would find an endpoint. DeadlineExceeded, with what is missing, when
  /// `timeout` ends first.
  virtual absl::Status WaitUntilReady(absl::Duration timeout) = 0;

  /// Stops resolving and probing; later calls fail with Unavailable, running ones end by
  /// themselves. Idempotent. When it returns, no Observer call runs or follows.
  virtual void Shutdown() = 0;
};

/// Client::Create for programs that link parts of nines instead of nines::client.
/// REQUIRES: options.registry and options.event_loop are set.
absl::StatusOr<std::shared_ptr<Client>> CreateClientFromParts(absl::string_view target,
                                                              ClientOptions options);

}  // namespace nines

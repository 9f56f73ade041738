// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "call_log.h"
#include "contender.h"
#include "event_log.h"
#include "grpcpp/grpcpp.h"
#include "testbed/fleet.h"
#include "testbed/open_loop_load.h"

namespace nines::bench {

/// A client that calls a service all the time, and what it lives through. Thread-compatible.
class Scene {
 public:
  struct Options {
    Contender contender = Contender::kNines;
    ServiceConfigs configs = FaultConfigs();
    std::vector<std::string> addresses = {};  // of the service's backends
    double calls_per_second = 1000;
  };

  /// Connects, waits until each backend has answered a call, and begins the load.
  static absl::StatusOr<std::unique_ptr<Scene>> Start(const Options& options);

  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;
  ~Scene() { EndCalls(); }

  /// Makes no further call, and returns when all have ended and are in the log. Idempotent.
  void EndCalls() {
    if (load_ != nullptr) load_->Stop();
  }

  const CallLog& calls() const { return calls_; }

  /// Empty for stock gRPC, which tells of nothing.
  const EventLog& events() const { return *events_; }

 private:
  Scene() = default;

  absl::Status Connect(const Options& options);
  void BeginCalls(double calls_per_second);

  const std::shared_ptr<EventLog> events_ = std::make_shared<EventLog>();
  std::shared_ptr<::grpc::Channel> channel_;  // set by Connect()
  CallLog calls_;
  std::unique_ptr<testbed::OpenLoopLoad> load_;  // set by BeginCalls(); before it goes what it uses
};

/// A fleet that both contenders call at once: for rates at which nobody is in another's way.
struct Duel {
  std::unique_ptr<testbed::Fleet> fleet;
  std::unique_ptr<Scene> nines;
  std::unique_ptr<Scene> stock;

  /// With so many backends; `options` but for contender and addresses, which are filled in.
  static absl::StatusOr<Duel> Start(size_t backends, Scene::Options options);
};

/// The time by which scenes log.
absl::Time Now();

/// Seconds or milliseconds from `begin` to `end`; kNever without an end.
double SecondsBetween(absl::Time begin, const std::optional<absl::Time>& end);
double MillisecondsBetween(absl::Time begin, const std::optional<absl::Time>& end);

}  // namespace nines::bench

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nines/config.h"
#include "nines/event_loop.h"
#include "nines/health.h"
#include "nines/policy.h"
#include "nines/resolver.h"

namespace nines {

/// The parts a program is put together from, by name: what binds resolvers, policies and probes,
/// which never see each other, to the engine. Data that the program fills, not static
/// initialisation.
///
/// Thread-compatible: fill it, then share it as const. Outlives what was made with it.
class Registry {
 public:
  using PolicyFactory = std::function<std::shared_ptr<const Policy>(const BalancerConfig&)>;
  /// Fails if the probe that the config asks for cannot be made: a file that is missing, say.
  using ProberFactory = std::function<absl::StatusOr<std::shared_ptr<Prober>>(
      const HealthCheckConfig&, const ProberContext&)>;
  using EventLoopFactory = std::function<absl::StatusOr<std::shared_ptr<EventLoop>>()>;

  /// Each of these replaces what had the name before.
  void SetResolver(std::string scheme, std::shared_ptr<const ResolverFactory> factory);
  void SetPolicy(std::string name, PolicyFactory factory);
  void SetProber(std::string kind, ProberFactory factory);
  void SetCheck(std::string name, HealthCheck check);
  void SetEventLoop(EventLoopFactory factory);

  /// The factory of `scheme`; nullptr if there is none.
  const ResolverFactory* FindResolver(absl::string_view scheme) const;

  /// The factory for `target`. InvalidArgument, naming the target and what was allowed, if its
  /// scheme is not known or the factory refuses it.
  absl::StatusOr<const ResolverFactory*> FindResolverFor(const Target& target) const;

  /// The policy that `config` names. Internal if the program's registry lacks it.
  absl::StatusOr<std::shared_ptr<const Policy>> MakePolicy(const BalancerConfig& config) const;

  bool HasProber(absl::string_view kind) const;

  /// The prober that `config` names; null if it has no health check. InvalidArgument if there is
  /// none of that kind, which for "grpc" is so unless nines::grpc has added it, or no check of that
  /// name, with those that there are.
  absl::StatusOr<std::shared_ptr<Prober>> MakeProber(const BalancerConfig& config,
                                                     const ProberContext& context) const;

  /// A loop with a thread of its own. Unavailable, naming the system's reason, if the system gives
  /// no thread or descriptor.
  absl::StatusOr<std::shared_ptr<EventLoop>> CreateEventLoop() const;

 private:
  absl::StatusOr<std::shared_ptr<Prober>> MakeCheck(const CustomProbeConfig& config,
                                                    const ProberContext& context) const;

  std::map<std::string, std::shared_ptr<const ResolverFactory>, std::less<>> resolvers_;
  std::map<std::string, PolicyFactory, std::less<>> policies_;
  std::map<std::string, ProberFactory, std::less<>> probers_;
  std::map<std::string, HealthCheck, std::less<>> checks_;
  EventLoopFactory event_loop_;
};

/// Everything that nines ships: resolvers dns, file, manual, srv and static, policies random,
/// hash, leastRequest and roundRobin, the tcp and http probes, the libuv event loop. Defined in
/// nines::client.
const Registry& BuiltinRegistry();

/// The event loop that all clients and channels of the process share unless told otherwise. Made at
/// first use and again after the last user let go of it; its thread ends with its last user.
absl::StatusOr<std::shared_ptr<EventLoop>> SharedEventLoop();

}  // namespace nines

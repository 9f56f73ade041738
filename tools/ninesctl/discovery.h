// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nines/endpoint.h"
#include "nines/event_loop.h"
#include "nines/resolver.h"

namespace nines::ctl {

/// What a target resolves to, as the SDK's own resolver of its scheme finds it, and goes on finding
/// it. Confined to one thread; the resolver runs on a loop's.
class Discovery final : private Resolver::Listener {
 public:
  /// One result.
  struct Found {
    EndpointList endpoints;
    absl::Status error;   // OK: `endpoints` is the answer
    absl::Duration took;  // since Create()

    bool is_good() const { return error.ok() && !endpoints.empty(); }
  };

  /// Begins. InvalidArgument for a target that no resolver takes.
  static absl::StatusOr<std::unique_ptr<Discovery>> Create(const std::string& target,
                                                           std::shared_ptr<EventLoop> loop);

  Discovery(const Discovery&) = delete;
  Discovery& operator=(const Discovery&) = delete;
  ~Discovery() override;

  /// The next result, in the order in which they came; DeadlineExceeded, as a result, if none comes
  /// within `timeout`.
  Found Next(absl::Duration timeout);

  /// The name that TLS and :authority see; for probes.
  const std::string& authority() const { return authority_; }

 private:
  Discovery(Target target, const ResolverFactory& factory, std::shared_ptr<EventLoop> loop);

  // On the loop's thread.
  void OnEndpoints(EndpointList endpoints) override;
  void OnResolveError(const absl::Status& status) override;
  void OnServiceConfig(std::string /*json*/) override {}  // endpoints are what is asked for
  void Add(EndpointList endpoints, const absl::Status& error);

  const Target target_;
  const std::string authority_;
  const std::shared_ptr<EventLoop> loop_;
  const absl::Time start_;
  std::unique_ptr<Resolver> resolver_;  // the loop's

  std::mutex mutex_;
  std::condition_variable added_;
  std::deque<Found> found_;  // guarded by mutex_
};

/// What commands that work on a target's endpoints begin with.
struct Endpoints {
  EndpointList list;
  std::string authority;
  std::shared_ptr<EventLoop> loop;  // on which they were found; for what follows
};

/// Resolves `target` once. InvalidArgument if it is none; an empty list, an error of the resolver
/// and silence for `timeout` are Unavailable.
absl::StatusOr<Endpoints> FindEndpoints(const std::string& target, absl::Duration timeout);

}  // namespace nines::ctl

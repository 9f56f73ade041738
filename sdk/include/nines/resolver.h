// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nines/endpoint.h"
#include "nines/event_loop.h"
#include "nines/random.h"

namespace nines {

/// A target as the user wrote it, taken apart: "dns://9.9.9.9:53/greeter.example:443" is scheme
/// "dns", authority "9.9.9.9:53", path "greeter.example:443". A value.
struct Target {
  std::string scheme;
  std::string authority;
  std::string path;

  /// The target in one string, for messages and logs.
  std::string ToString() const;
};

/// Takes `target` apart. A target without a scheme ("greeter.example:443") has scheme "dns".
/// InvalidArgument, naming the target (shortened and escaped) and what is wrong: empty, longer than
/// 4096 bytes, not printable ASCII, a bad %-escape. Whether the path means anything is the scheme's
/// resolver's to say.
absl::StatusOr<Target> ParseTarget(absl::string_view target);

/// What a process before this one last knew of a target. Times are the loop's clock's.
struct RestoredEndpoints {
  EndpointList endpoints;                          // lame ones among them
  absl::Time resolved_at = absl::InfinitePast();   // when its resolver last stood by them
  absl::Time last_used_at = absl::InfinitePast();  // when it was last known to use them
};

/// Finds the endpoints of one target and goes on finding them.
///
/// Confined to the loop's thread, as are the listener's calls. Destroying it stops it: no listener
/// call follows.
class Resolver {
 public:
  /// Hears of every result. Lives longer than the resolver, and does not destroy it from within.
  class Listener {
   public:
    virtual ~Listener() = default;

    /// The target's endpoints now: a whole list, not a difference; addresses are distinct.
    /// An empty list is an answer ("this name has no endpoints"), not an error.
    virtual void OnEndpoints(EndpointList endpoints) = 0;

    /// An attempt to resolve failed. What was known stays true; the resolver tries again by itself.
    virtual void OnResolveError(const absl::Status& status) = 0;

    /// The service config for this client that stands beside the endpoints, as JSON text; "": there
    /// is none any more. OnEndpoints() follows. Only if it has changed.
    /// Called by resolvers that were asked for it (DnsOptions::looks_up_service_config).
    virtual void OnServiceConfig(std::string json) = 0;
  };

  virtual ~Resolver() = default;

  /// These endpoints are in use already. A resolver that does not believe every answer judges the
  /// first one by them; most do, hence no pure method. At most once, before Start().
  virtual void Restore(const RestoredEndpoints& /*restored*/) {}

  /// Begins. The first result follows later, never from within. Called once.
  virtual void Start() = 0;

  /// Asks for a result sooner than planned, because endpoints fail. May be called often: the
  /// resolver limits the rate of its queries.
  virtual void Refresh() = 0;
};

/// Where a program puts the endpoints that it finds itself (Client::SetEndpoints()), and where the
/// resolver of its target takes them from. Keeps the latest list for resolvers that come later.
/// Lifetime: held by shared_ptr; `loop` outlives all calls.
class EndpointInbox {
 public:
  using OnList = absl::AnyInvocable<void(EndpointList)>;

  virtual ~EndpointInbox() = default;

  /// Replaces the list. Thread-safe. Of lists that follow each other quickly, some may be seen by
  /// nobody; the last one is.
  virtual void Put(EndpointList endpoints) = 0;

  /// Calls `on_list` on the loop's thread with the latest list when there is one, and with each
  /// that follows; never from within, and not after the handle is gone or somebody else watches.
  /// Loop thread only.
  [[nodiscard]] virtual std::unique_ptr<EventLoop::Handle> Watch(OnList on_list) = 0;
};
std::shared_ptr<EndpointInbox> MakeEndpointInbox(EventLoop& loop);

/// What a resolver is made of. The references outlive the resolver.
struct ResolverContext {
  EventLoop* loop = nullptr;
  RandomSource* random = nullptr;
  Resolver::Listener* listener = nullptr;
  EndpointInbox* inbox = nullptr;  // null: the program hands nothing over
};

/// Makes the resolvers of one scheme. Thread-safe.
class ResolverFactory {
 public:
  virtual ~ResolverFactory() = default;

  /// InvalidArgument, naming the target and what was allowed, if `target` is nothing that this
  /// scheme can resolve. Cheap; does no I/O.
  virtual absl::Status CheckTarget(const Target& target) const = 0;

  /// The name that TLS and the :authority header see: host or host:port.
  /// REQUIRES: CheckTarget(target) is OK.
  virtual std::string DefaultAuthority(const Target& target) const = 0;

  /// Whether the endpoints that the program hands over for `target` can be used, and then they, in
  /// normal form. InvalidArgument with every problem; FailedPrecondition, as here, if this scheme
  /// finds its endpoints itself: nearly all do, hence no pure method.
  virtual absl::StatusOr<EndpointList> AcceptEndpoints(const Target& target,
                                                       EndpointList endpoints) const;

  /// A resolver for `target`, not started. REQUIRES: CheckTarget(target) is OK; loop thread.
  virtual std::unique_ptr<Resolver> MakeResolver(const Target& target,
                                                 const ResolverContext& context) const = 0;
};

}  // namespace nines

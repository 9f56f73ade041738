// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nines/override.h"

namespace nines {

/// One place that can serve a call, as a resolver found it. A value.
struct Endpoint {
  /// Where to connect: "192.0.2.1:50051", "[2001:db8::1]:443" or "unix:/path". Never empty; two
  /// endpoints of one list differ in it. The endpoint's learned state (health, load) belongs to it.
  std::string address;

  /// Share of the calls relative to the other endpoints. 0 counts as 1.
  uint32_t weight = 1;

  /// Identity in hash tables: an endpoint that comes back with another address but the same
  /// hash_key gets the same keys. Empty: the address is the identity.
  std::string hash_key;

  /// Backups have a higher number: a tier is used as the tiers before it lose their endpoints. 0:
  /// the first.
  uint32_t tier = 0;

  /// Where it stands, and what else there is to know of it ("version": "1.2", "rack": "7"): for
  /// whoever makes the attempts, and for pages. Changes nothing about who gets which call.
  std::string zone = {};
  std::map<std::string, std::string> attributes = {};

  /// The resolver's last answer lacks it, and is not believed yet: it is used while its calls and
  /// probes succeed, and goes at the first sign that it is gone (docs/decisions/lame-endpoints.md).
  bool is_lame = false;

  const std::string& identity() const { return hash_key.empty() ? address : hash_key; }
};

inline bool operator==(const Endpoint& a, const Endpoint& b) {
  return a.address == b.address && a.weight == b.weight && a.hash_key == b.hash_key &&
         a.tier == b.tier && a.zone == b.zone && a.attributes == b.attributes &&
         a.is_lame == b.is_lame;
}
inline bool operator!=(const Endpoint& a, const Endpoint& b) { return !(a == b); }

using EndpointList = std::vector<Endpoint>;

/// The endpoints that one client uses: `size` of each tier, so that every client has some of the
/// first tier to begin with and backups to fall back on. 0: all. In the order of the list.
///
/// Which ones depends on their identities and the seed, not on the list's order. A random seed per
/// client spreads the clients over all endpoints alike, whatever their weights. When an endpoint
/// comes or goes, at most one other leaves or joins its tier's part. Client and CreateChannel() do
/// this; a program that calls Balancer::Update() itself does it first, or does without.
EndpointList SelectSubset(EndpointList endpoints, uint32_t size, uint64_t client_seed);

/// Whether the transport to an endpoint is up, as the transport says it.
enum class Connectivity {
  kConnecting,  // not yet up, no attempt has failed since it last was up
  kConnected,
  kFailed,  // the last attempt failed; the transport tries again by itself
};

/// What an endpoint's health engine says of it. The order is that of a status page.
enum class HealthState {
  kConnecting,  // no transport to it: no calls
  kHealthy,
  kDegraded,  // on trial after an ejection: one call at a time
  kEjected,   // its calls or its probes failed: no calls but in panic
  kDraining,  // by hand: no new calls
  kDisabled,  // by hand: no calls at all
};

/// "connecting", "healthy", …: the words of every log line, metric and page.
absl::string_view HealthStateName(HealthState state);

/// A reading of one endpoint, for pages, logs and tests.
struct EndpointStatus {
  Endpoint endpoint;
  HealthState state = HealthState::kConnecting;
  std::string reason;  // why it is in `state`: "5 consecutive failures, the last: UNAVAILABLE: …"
  absl::Time since;    // when it entered `state`
  uint32_t in_flight = 0;
  uint64_t calls = 0;       // attempts that ended
  uint64_t failures = 0;    // of these, with an outcome that is the endpoint's fault
  absl::Status last_error;  // of the last failed attempt, probe or connection; OK: none yet
  /// Usual latency: an average that follows slower attempts at once and faster ones slowly, and
  /// counts a failure as a slow attempt. Zero: not known.
  absl::Duration latency = absl::ZeroDuration();
  /// Share of its calls that it takes now: below 1 while it starts slowly or is overloaded.
  double share_ratio = 1;
  /// What a person said of it, if it holds still (docs/health.md), and until when it does.
  /// `endpoint.weight` is the weight that counts, whoever gave it.
  Override by_hand = {};
  absl::Time by_hand_until = absl::InfiniteFuture();
};

}  // namespace nines

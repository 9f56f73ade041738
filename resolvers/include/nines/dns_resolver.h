// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "absl/time/time.h"
#include "nines/resolver.h"

namespace nines {

/// When a name is looked up again. A value.
/// REQUIRES: all durations are positive, each min_ at most its max_, ratios are in [0, 1].
struct DnsOptions {
  /// An answer holds for its TTL, but at least and at most this long. The floor keeps a TTL of 0,
  /// which means "do not cache", from becoming a busy loop, and still lets a new endpoint be seen
  /// one second after its record. The ceiling bounds how long a record of a day hides a change.
  absl::Duration min_ttl = absl::Seconds(1);
  absl::Duration max_ttl = absl::Seconds(60);

  /// A lookup comes up to this share of the TTL early, at random, so that clients started together
  /// do not ask together for ever. Never late: "seen within TTL + 1 s" is a promise.
  double jitter_ratio = 0.1;

  /// A lookup, with all repetitions and servers, ends in failure after this long. Servers get a
  /// second for each try, so that a lost packet or a dead first server still ends in an answer.
  absl::Duration lookup_timeout = absl::Seconds(5);

  /// IPv4 and IPv6 addresses are asked for at the same time. When one has come and the other has
  /// not, this is how long it is waited for: some networks drop AAAA queries, and their clients
  /// must not wait for lookup_timeout. Shorter would lose slow servers' other half until the next
  /// lookup.
  absl::Duration second_family_wait = absl::Milliseconds(250);

  /// After failure n in a row: initial_backoff × backoff_multiplier^(n-1), at most max_backoff,
  /// ± backoff_jitter_ratio. The multiplier and the jitter are those of gRPC's connection backoff;
  /// the maximum is lower than its 120 s, because a service behind a DNS outage of a minute should
  /// not stay without news for two.
  absl::Duration initial_backoff = absl::Seconds(1);
  double backoff_multiplier = 1.6;
  double backoff_jitter_ratio = 0.2;
  absl::Duration max_backoff = absl::Seconds(30);

  /// Refresh(), which failing endpoints call, starts a lookup only this long after the last one
  /// began: a thousand failing calls are one query a second.
  absl::Duration min_refresh_interval = absl::Seconds(1);

  /// What an answer lacks is given up only when it is believed. An answer that lacks more than
  /// max_drop_ratio of the endpoints in use, and has fewer new ones than it lacks, is not, at
  /// first: those that are missing stay in use beside the new ones until this many further answers
  /// lack them too, at least drop_hold later. Three lookups see three states of a server that is
  /// restarting; 30 s is what HAProxy holds on for. With a ratio of 1, every answer counts at once.
  int confirmations = 3;
  double max_drop_ratio = 0.5;
  absl::Duration drop_hold = absl::Seconds(30);

  /// The same if DNS says that there is no endpoint at all. Longer, because then all calls would
  /// fail; not for ever, because addresses are given to others in the end.
  absl::Duration empty_hold = absl::Minutes(5);

  /// What is known is given up when no lookup has found anything for this long. Never by default:
  /// endpoints that still answer must not be lost because DNS does not, and those that do not
  /// answer get no calls anyhow. For networks that give a lost address to somebody else soon.
  absl::Duration max_stale = absl::InfiniteDuration();

  /// Whether the TXT record of _grpc_config.<host> is looked up too, for the service config that
  /// the service's owner put there (gRFC A2). Off as in gRPC: whoever answers for DNS then decides
  /// how the client behaves. It takes the place of the program's own config, which counts when DNS
  /// has none; one that is wrong leaves what was before, and is told by an OnResolveError.
  bool looks_up_service_config = false;
};

/// Scheme "dns": "dns:///host[:port]", "dns://server[:port]/host[:port]". Port 443 if there is
/// none, as in gRPC. Each A and AAAA record of the name is an endpoint, in the order of the
/// addresses; a host that is an IP address ("127.0.0.1:80", "[::1]:80") is one endpoint, without a
/// query.
///
/// The name is looked up through c-ares: in /etc/hosts and with the servers and search domains of
/// /etc/resolv.conf, which are read anew for every lookup, so that a change of them needs no
/// restart. With a server in the target, an IP address, that one is asked (port 53 if there is
/// none), and /etc/hosts is not. Answers that do not fit in a datagram are fetched by TCP.
///
/// Lookups go on by themselves, see DnsOptions. The listener hears of an answer when it differs
/// from the last one or follows an error. A failed lookup, and also a name without addresses, is an
/// OnResolveError that says how old the endpoints are that stay; they stay for as long as lookups
/// fail (or for DnsOptions::max_stale), and for DnsOptions::empty_hold if there are none any more,
/// after which an empty list follows. If only one of the families fails (not: has no records), its
/// last known addresses stay and the other's are taken over. Two more things are told by an
/// OnResolveError behind the endpoints: that an answer was not believed
/// (DnsOptions::max_drop_ratio), and that it had addresses that no server can have (unspecified,
/// broadcast, multicast), which are left out.
///
/// Refresh() brings the next lookup forward, except after a failure, when the backoff stands.
std::shared_ptr<const ResolverFactory> MakeDnsResolverFactory(const DnsOptions& options = {});

}  // namespace nines

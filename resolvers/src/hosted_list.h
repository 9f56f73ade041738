// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "nines/endpoint.h"
#include "nines/resolver.h"

namespace nines {

/// Lists may name this many different hosts: each is looked up for itself, and all of them may be
/// at once. That is two sockets each, of which most processes have a thousand.
inline constexpr size_t kMaxListedHosts = 100;

/// InvalidArgument if the list names more hosts than that.
absl::Status CheckHostCount(const EndpointList& entries);

/// Follows the host names in a list: each is resolved as the target "dns:///host:port" is, and each
/// of its addresses is an endpoint with all else that the list says of the name. An address that
/// several entries lead to belongs to the first of these.
///
/// The listener hears of the whole list, in its order, when every host has been asked once, and
/// whenever one changes. A host that cannot be resolved is an OnResolveError behind the list; if
/// there is nothing else, the only word. A list without names is given at once.
///
/// Confined to the loop's thread.
class HostedList {
 public:
  /// Makes the resolver of "host:port", which reports to this listener.
  using MakeHostResolver =
      std::function<std::unique_ptr<Resolver>(const std::string& host_port, Resolver::Listener*)>;

  /// Errors have `target` in front. `listener` outlives this.
  HostedList(std::string target, MakeHostResolver make_host_resolver, Resolver::Listener* listener);
  ~HostedList();

  /// Replaces the list. What is known of hosts that it keeps is kept, so that an edit loses nothing
  /// even if DNS is down. Calls the listener from within if nothing new has to be asked.
  /// REQUIRES: CheckHostCount() is OK, addresses are those of ParseListedAddress().
  void SetEntries(EndpointList entries);

  /// Of every host.
  void Refresh();

 private:
  class Host;

  void OnHostError(const absl::Status& status);
  void KeepError(const absl::Status& status);
  void SayErrors();
  void ReportOnceAllAreKnown();
  EndpointList Expand() const;

  const std::string target_;
  const MakeHostResolver make_host_resolver_;
  Resolver::Listener* const listener_;
  EndpointList entries_;
  std::map<std::string, std::unique_ptr<Host>> hosts_;  // by "host:port"
  std::vector<absl::Status> unsaid_;                    // until every host is known
  bool has_reported_ = false;
};

/// How `dns`, the factory of scheme "dns", resolves a host for a resolver with this context.
HostedList::MakeHostResolver ResolveHostsBy(std::shared_ptr<const ResolverFactory> dns,
                                            const ResolverContext& context);

}  // namespace nines

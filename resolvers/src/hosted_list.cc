// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// A resolver per host, and not one lookup of them all: each host keeps its own TTL, backoff and
// guards against answers that lack most of it, and one that cannot be resolved is asked for more
// and more seldom while the others go on as ever.

#include "hosted_list.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "endpoint_address.h"

namespace nines {

absl::Status CheckHostCount(const EndpointList& entries) {
  absl::flat_hash_set<absl::string_view> hosts;
  for (const Endpoint& entry : entries) {
    if (HasHostName(entry.address)) hosts.insert(entry.address);
  }
  if (hosts.size() <= kMaxListedHosts) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the list has ", hosts.size(),
                                                 " host names; allowed: at most ", kMaxListedHosts,
                                                 "; one name may have many addresses"));
}

class HostedList::Host final : public Resolver::Listener {
 public:
  Host(HostedList& list, const std::string& host_port)
      : list_(list), resolver_(list.make_host_resolver_(host_port, this)) {}

  void Start() { resolver_->Start(); }
  void Refresh() { resolver_->Refresh(); }

  bool has_answered() const { return has_answered_; }
  // An answer or an error has come.
  bool is_known() const { return has_answered_ || !last_error_.ok(); }
  const absl::Status& last_error() const { return last_error_; }  // OK: an answer came after it
  const EndpointList& endpoints() const { return endpoints_; }

  void OnEndpoints(EndpointList endpoints) override {
    endpoints_ = std::move(endpoints);
    has_answered_ = true;
    last_error_ = absl::OkStatus();
    list_.ReportOnceAllAreKnown();
  }
  void OnResolveError(const absl::Status& status) override {
    last_error_ = status;
    list_.OnHostError(status);
  }
  // What one host says of calls does not hold for the list.
  void OnServiceConfig(std::string /*json*/) override {}

 private:
  HostedList& list_;
  bool has_answered_ = false;
  absl::Status last_error_;
  EndpointList endpoints_;
  const std::unique_ptr<Resolver> resolver_;
};

HostedList::HostedList(std::string target, MakeHostResolver make_host_resolver,
                       Resolver::Listener* listener)
    : target_(std::move(target)),
      make_host_resolver_(std::move(make_host_resolver)),
      listener_(listener) {}

HostedList::~HostedList() = default;

void HostedList::SetEntries(EndpointList entries) {
  entries_ = std::move(entries);
  std::map<std::string, std::unique_ptr<Host>> before = std::exchange(hosts_, {});
  std::vector<Host*> fresh;
  unsaid_.clear();
  for (const Endpoint& entry : entries_) {
    if (!HasHostName(entry.address)) continue;
    const auto [slot, is_first] = hosts_.try_emplace(entry.address);
    if (!is_first) continue;
    if (const auto known = before.find(entry.address); known != before.end()) {
      slot->second = std::move(known->second);
      KeepError(slot->second->last_error());
    } else {
      slot->second = std::make_unique<Host>(*this, entry.address);
      fresh.push_back(slot->second.get());
    }
  }
  for (Host* host : fresh) host->Start();
  has_reported_ = false;
  ReportOnceAllAreKnown();
}

void HostedList::Refresh() {
  for (const auto& [host_port, host] : hosts_) host->Refresh();
}

void HostedList::OnHostError(const absl::Status& status) {
  KeepError(status);
  if (!has_reported_) return ReportOnceAllAreKnown();
  SayErrors();
}

void HostedList::KeepError(const absl::Status& status) {
  if (status.ok()) return;
  unsaid_.emplace_back(status.code(), absl::StrCat(target_, ": ", status.message()));
}

void HostedList::SayErrors() {
  for (const absl::Status& error : std::exchange(unsaid_, {})) listener_->OnResolveError(error);
}

void HostedList::ReportOnceAllAreKnown() {
  const bool are_all_known = std::all_of(hosts_.begin(), hosts_.end(),
                                         [](const auto& host) { return host.second->is_known(); });
  if (!are_all_known) return;
  EndpointList endpoints = Expand();
  // Nothing found, because nobody could be asked, is no answer.
  const bool is_answer = !endpoints.empty() || hosts_.empty() ||
                         std::any_of(hosts_.begin(), hosts_.end(),
                                     [](const auto& host) { return host.second->has_answered(); });
  has_reported_ = true;
  if (is_answer) listener_->OnEndpoints(std::move(endpoints));
  SayErrors();
}

EndpointList HostedList::Expand() const {
  EndpointList endpoints;
  absl::flat_hash_set<std::string> seen;
  for (const Endpoint& entry : entries_) {
    const auto host = hosts_.find(entry.address);
    if (host == hosts_.end()) {
      if (seen.insert(entry.address).second) endpoints.push_back(entry);
      continue;
    }
    for (const Endpoint& found : host->second->endpoints()) {
      if (!seen.insert(found.address).second) continue;
      endpoints.push_back(found);  // what DNS knows of it stays, where the list says nothing
      endpoints.back().weight = entry.weight;
      endpoints.back().tier = entry.tier;
      endpoints.back().hash_key = entry.hash_key;
      endpoints.back().zone = entry.zone;
      endpoints.back().attributes = entry.attributes;
    }
  }
  return endpoints;
}

HostedList::MakeHostResolver ResolveHostsBy(std::shared_ptr<const ResolverFactory> dns,
                                            const ResolverContext& context) {
  return
      [dns = std::move(dns), context](const std::string& host_port, Resolver::Listener* listener) {
        ResolverContext of_host = context;
        of_host.listener = listener;
        of_host.inbox = nullptr;
        return dns->MakeResolver(Target{"dns", "", host_port}, of_host);
      };
}

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "srv_lookup.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "dns_answer.h"
#include "host_port.h"
#include "ip_address.h"

namespace nines {
namespace {

/// Each lookup has two sockets. More would be faster only for services of many hosts, and could
/// take the descriptors of a process that has its own use for them.
constexpr size_t kMaxRunning = 16;

/// Whether a server can be there: some port of a host with a proper name.
bool IsUsable(const SrvRecord& record) {
  const absl::StatusOr<HostPort> parsed = ParseHostPort(record.host);
  return record.port != 0 && parsed.ok() && std::holds_alternative<std::string>(parsed->host);
}

}  // namespace

/// One lookup of the service.
class SrvLookup::Query final : public LookupQuery {
 public:
  Query(SrvLookup& lookup, Callback done) : lookup_(lookup), done_(std::move(done)) {}

  void Start() {
    service_ = lookup_.parts_.service->Start(
        [this](absl::StatusOr<SrvReply> reply) { OnService(std::move(reply)); });
  }

 private:
  struct HostQuery {
    std::unique_ptr<AddressLookup> lookup;
    std::unique_ptr<LookupQuery> query;  // goes first
  };

  // Each of these may destroy this, as the last thing that it does.

  void OnService(absl::StatusOr<SrvReply> reply) {
    if (!reply.ok()) return Finish(reply.status());
    found_.ttl = reply->ttl;
    std::set<std::string> hosts;
    for (SrvRecord& record : reply->records) {
      if (!IsUsable(record)) continue;
      hosts.insert(record.host);
      records_.push_back(std::move(record));
    }
    if (hosts.empty()) {
      return Finish(absl::NotFoundError("the SRV records name no host and port to connect to"));
    }
    waiting_.assign(hosts.begin(), hosts.end());
    deadline_ = lookup_.loop_.RunAfter(lookup_.timeout_, [this] { OnTimeout(); });
    StartWaiting();
  }

  void StartWaiting() {
    while (running_.size() < kMaxRunning && !waiting_.empty()) {
      const std::string host = std::move(waiting_.back());
      waiting_.pop_back();
      HostQuery& running = running_[host];
      running.lookup = lookup_.parts_.addresses_of(host);
      running.query = running.lookup->Start(
          [this, host](LookupAnswer answer) { OnAddresses(host, std::move(answer)); });
    }
  }

  void OnAddresses(const std::string& host_in_query, LookupAnswer answer) {
    // That one goes with its query. NOLINTNEXTLINE(performance-unnecessary-copy-initialization)
    const std::string host = host_in_query;
    running_.erase(host);
    Merge(host, std::move(answer));
    StartWaiting();
    if (running_.empty()) FinishWithEndpoints();
  }

  void OnTimeout() {
    const absl::Status late = absl::UnavailableError(
        absl::StrCat("no answer within ", absl::FormatDuration(lookup_.timeout_)));
    for (const auto& [host, query] : running_) waiting_.push_back(host);
    running_.clear();
    for (const std::string& host : waiting_) Merge(host, {{late, {}, {}}, {late, {}, {}}});
    FinishWithEndpoints();
  }

  void Merge(const std::string& host, LookupAnswer answer) {
    const KnownAddresses& known = lookup_.known_[host];
    absl::StatusOr<MergedAnswer> merged = MergeAnswer(known, std::move(answer));
    if (merged.ok()) {
      addresses_[host] = std::move(merged->addresses);
      found_.ttl = std::min(found_.ttl, merged->ttl);
      found_.is_partial |= merged->is_partial;
      for (const IpAddress& address : merged->refused) {
        found_.refused.insert(FormatIpAddress(address));
      }
      return;
    }
    const bool could_not_say = !absl::IsNotFound(merged.status());
    if (could_not_say) addresses_[host] = known;
    found_.is_partial |= could_not_say;
    if (!error_.has_value() || (could_not_say && absl::IsNotFound(*error_))) {
      error_ = absl::Status(merged.status().code(),
                            absl::StrCat("host ", host, ": ", merged.status().message()));
    }
  }

  void FinishWithEndpoints() {
    found_.endpoints = EndpointsOfService(records_, addresses_);
    // Without addresses, at least one host has failed.
    if (found_.endpoints.empty()) return Finish(*error_);
    lookup_.known_ = std::move(addresses_);
    Finish(std::move(found_));
  }

  void Finish(absl::StatusOr<FoundEndpoints> found) {
    deadline_.reset();
    Callback done = std::move(done_);  // on the stack: it may destroy this
    done(std::move(found));
  }

  SrvLookup& lookup_;
  Callback done_;
  std::unique_ptr<LookupQuery> service_;
  std::vector<SrvRecord> records_;
  std::vector<std::string> waiting_;  // hosts not asked yet
  std::map<std::string, HostQuery> running_;
  std::unique_ptr<EventLoop::Handle> deadline_;

  HostAddresses addresses_;  // what is known after this
  FoundEndpoints found_;
  std::optional<absl::Status> error_;  // of a host; one that could not be asked comes first
};

SrvLookup::SrvLookup(EventLoop& loop, Parts parts, absl::Duration timeout)
    : loop_(loop), parts_(std::move(parts)), timeout_(timeout) {}

std::unique_ptr<LookupQuery> SrvLookup::Start(Callback done) {
  auto query = std::make_unique<Query>(*this, std::move(done));
  query->Start();
  return query;
}

}  // namespace nines

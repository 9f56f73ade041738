// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/static_resolver.h"

#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "endpoint_address.h"
#include "hosted_list.h"
#include "nines/endpoint.h"

namespace nines {
namespace {

absl::Status Refuse(const Target& target, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(target.ToString(), ": ", why));
}

absl::StatusOr<EndpointList> ParseStaticTarget(const Target& target) {
  if (!target.authority.empty()) {
    return Refuse(target,
                  "the list is preceded by an authority; allowed: static:///address,address");
  }
  if (target.path.empty()) {
    return Refuse(target, "the list is empty; allowed: static:///address,address");
  }
  EndpointList endpoints;
  absl::flat_hash_set<std::string> seen;
  for (const absl::string_view entry : absl::StrSplit(target.path, ',')) {
    absl::StatusOr<std::string> address = ParseListedAddress(entry);
    if (!address.ok()) return Refuse(target, address.status().message());
    if (!seen.insert(*address).second) continue;
    Endpoint endpoint;
    endpoint.address = *std::move(address);
    endpoints.push_back(std::move(endpoint));
  }
  if (absl::Status status = CheckHostCount(endpoints); !status.ok()) {
    return Refuse(target, status.message());
  }
  return endpoints;
}

class StaticResolver final : public Resolver {
 public:
  StaticResolver(EndpointList entries, HostedList::MakeHostResolver make_host_resolver,
                 const Target& target, const ResolverContext& context)
      : loop_(*context.loop),
        entries_(std::move(entries)),
        list_(target.ToString(), std::move(make_host_resolver), context.listener) {}

  void Start() override {
    timer_ = loop_.RunAfter(absl::ZeroDuration(), [this] { list_.SetEntries(entries_); });
  }
  void Refresh() override { list_.Refresh(); }

 private:
  EventLoop& loop_;
  const EndpointList entries_;
  HostedList list_;
  std::unique_ptr<EventLoop::Handle> timer_;
};

class StaticResolverFactory final : public ResolverFactory {
 public:
  explicit StaticResolverFactory(std::shared_ptr<const ResolverFactory> dns)
      : dns_(std::move(dns)) {}

  absl::Status CheckTarget(const Target& target) const override {
    return ParseStaticTarget(target).status();
  }

  std::string DefaultAuthority(const Target& target) const override {
    const std::string first = ParseStaticTarget(target)->front().address;
    return absl::StartsWith(first, "unix:") ? "localhost" : first;  // as gRPC does for paths
  }

  std::unique_ptr<Resolver> MakeResolver(const Target& target,
                                         const ResolverContext& context) const override {
    return std::make_unique<StaticResolver>(*ParseStaticTarget(target),
                                            ResolveHostsBy(dns_, context), target, context);
  }

 private:
  const std::shared_ptr<const ResolverFactory> dns_;
};

}  // namespace

std::shared_ptr<const ResolverFactory> MakeStaticResolverFactory(
    std::shared_ptr<const ResolverFactory> dns) {
  return std::make_shared<StaticResolverFactory>(std::move(dns));
}

}  // namespace nines

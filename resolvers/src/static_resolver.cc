// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/static_resolver.h"

#include <sys/un.h>

#include <cstddef>
#include <string>
#include <utility>
#include <variant>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "fixed_resolver.h"
#include "host_port.h"
#include "ip_address.h"
#include "nines/endpoint.h"

namespace nines {
namespace {

absl::Status Refuse(const Target& target, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(target.ToString(), ": ", why));
}

absl::StatusOr<std::string> ParseUnixEntry(absl::string_view entry, absl::string_view path) {
  constexpr size_t kMaxPath = sizeof(sockaddr_un::sun_path) - 1;  // it ends with a zero
  if (path.empty() || path.size() > kMaxPath || absl::StrContains(path, '\0')) {
    return absl::InvalidArgumentError(absl::StrCat("'", absl::CHexEscape(entry),
                                                   "': a path has 1 to ", kMaxPath,
                                                   " bytes, none of them zero"));
  }
  return std::string(entry);
}

/// The address of one entry, in the form that makes equal addresses equal text.
absl::StatusOr<std::string> ParseEntry(absl::string_view entry) {
  absl::string_view path = entry;
  if (absl::ConsumePrefix(&path, "unix:")) return ParseUnixEntry(entry, path);

  const absl::StatusOr<HostPort> host_port = ParseHostPort(entry);
  if (!host_port.ok()) return host_port.status();
  const auto* address = std::get_if<IpAddress>(&host_port->host);
  if (address == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", entry, "' has a host name, which is not supported yet in a static list; ",
                     "use dns:///", entry));
  }
  if (!host_port->port.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat("'", entry, "' has no port"));
  }
  if (!CanBeEndpoint(*address)) {
    return absl::InvalidArgumentError(
        absl::StrCat(FormatIpAddress(*address), " cannot be a server's address"));
  }
  return FormatIpAddressAndPort(*address, *host_port->port);
}

absl::StatusOr<EndpointList> ParseStaticTarget(const Target& target) {
  if (!target.authority.empty()) {
    return Refuse(target, "the list is preceded by an authority; write static:///address,address");
  }
  if (target.path.empty()) return Refuse(target, "the list is empty");
  EndpointList endpoints;
  absl::flat_hash_set<std::string> seen;
  for (const absl::string_view entry : absl::StrSplit(target.path, ',')) {
    absl::StatusOr<std::string> address = ParseEntry(entry);
    if (!address.ok()) return Refuse(target, address.status().message());
    if (!seen.insert(*address).second) continue;
    Endpoint endpoint;
    endpoint.address = *std::move(address);
    endpoints.push_back(std::move(endpoint));
  }
  return endpoints;
}

class StaticResolverFactory final : public ResolverFactory {
 public:
  absl::Status CheckTarget(const Target& target) const override {
    return ParseStaticTarget(target).status();
  }

  std::string DefaultAuthority(const Target& target) const override {
    const std::string first = ParseStaticTarget(target)->front().address;
    return absl::StartsWith(first, "unix:") ? "localhost" : first;  // as gRPC does for paths
  }

  std::unique_ptr<Resolver> MakeResolver(const Target& target,
                                         const ResolverContext& context) const override {
    return MakeFixedResolver(*ParseStaticTarget(target), context);
  }
};

}  // namespace

std::shared_ptr<const ResolverFactory> MakeStaticResolverFactory() {
  return std::make_shared<StaticResolverFactory>();
}

}  // namespace nines

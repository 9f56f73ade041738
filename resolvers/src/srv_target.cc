// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "srv_target.h"

#include <cstddef>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "dns_target.h"
#include "host_port.h"

namespace nines {
namespace {

absl::Status Refuse(const Target& target, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat(target.ToString(), ": ", why, "; write srv:///_service._proto.name"));
}

/// Takes "_label." from the front of `name`.
bool ConsumeUnderscored(absl::string_view* name) {
  const size_t dot = name->find('.');
  if (dot == absl::string_view::npos || dot < 2 || name->front() != '_') return false;
  name->remove_prefix(dot + 1);
  return true;
}

}  // namespace

absl::StatusOr<SrvTarget> ParseSrvTarget(const Target& target) {
  absl::StatusOr<std::string> server = ParseDnsServer(target);
  if (!server.ok()) return server.status();
  const absl::StatusOr<HostPort> name = ParseHostPort(target.path);
  if (!name.ok()) return Refuse(target, name.status().message());
  if (name->port.has_value()) return Refuse(target, "a port; SRV records have their own");
  absl::string_view domain = target.path;
  if (!std::holds_alternative<std::string>(name->host) || !ConsumeUnderscored(&domain) ||
      !ConsumeUnderscored(&domain) || domain.empty()) {
    return Refuse(target, "it names no service");
  }
  absl::ConsumeSuffix(&domain, ".");
  return SrvTarget{*std::move(server), target.path, std::string(domain)};
}

}  // namespace nines

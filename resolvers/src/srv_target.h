// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "nines/resolver.h"

namespace nines {

/// What a target of scheme "srv" asks for. A value.
struct SrvTarget {
  std::string server;  // as DnsTarget
  std::string name;    // "_greeter._tcp.example"
  std::string domain;  // "example": what its servers' certificates are for
};

/// InvalidArgument, naming the target and what is wrong with it.
absl::StatusOr<SrvTarget> ParseSrvTarget(const Target& target);

}  // namespace nines

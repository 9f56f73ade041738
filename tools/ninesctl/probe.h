// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ninesctl/console.h"

namespace nines::ctl {

struct ProbeOptions {
  std::string target;
  // How to probe; at most one. Without any of them: tcp.
  std::string config;  // path of a config that has a healthCheck
  std::optional<std::string> http_path;
  std::optional<std::string> grpc_service;
  uint32_t count = 1;                                  // probes of each endpoint
  std::optional<absl::Duration> timeout;               // of a probe; absent: the healthCheck's
  absl::Duration resolve_timeout = absl::Seconds(10);  // for the target's endpoints
};

/// `ninesctl probe`: asks every endpoint whether it is well, as a healthCheck of the config would.
absl::StatusOr<ExitStatus> Probe(const ProbeOptions& options, Console& console);

}  // namespace nines::ctl

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ninesctl/console.h"

namespace nines::ctl {

struct ExplainOptions {
  std::string target;
  std::string config;  // path; "": policy hash
  // The call. What is absent, it has not.
  std::optional<std::string> key;
  std::vector<std::string> headers;  // "name=value"
  std::string method;
  std::optional<std::string> client_ip;
  std::optional<std::string> request_content;
  /// How long the config's healthCheck probes before the answer; absent: health is not asked.
  std::optional<absl::Duration> wait;
  absl::Duration resolve_timeout = absl::Seconds(10);
};

/// `ninesctl explain`: in which order a call looks at the endpoints, and why each would take it or
/// not, as Client::Explain() says it to a client that has just been made.
absl::StatusOr<ExitStatus> Explain(const ExplainOptions& options, Console& console);

}  // namespace nines::ctl

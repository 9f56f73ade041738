// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace nines {

/// One SRV record (RFC 2782). A value.
struct SrvRecord {
  uint16_t priority = 0;
  uint16_t weight = 0;
  uint16_t port = 0;
  std::string host;  // lower-case, without the last dot; "": the service is not there
};

struct SrvReply {
  std::vector<SrvRecord> records;                 // as the server ordered them
  absl::Duration ttl = absl::InfiniteDuration();  // the least of these, and of the aliases before
};

/// Reads a whole DNS message (RFC 1035, section 4.1). NotFound if it has no SRV record in its
/// answer; Unavailable if it is not such a message.
absl::StatusOr<SrvReply> ParseSrvReply(absl::string_view message);

}  // namespace nines

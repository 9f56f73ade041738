// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace nines {

struct TxtReply {
  std::vector<std::string> texts;                 // of each record, its strings joined
  absl::Duration ttl = absl::InfiniteDuration();  // the least of these, and of the aliases before
};

/// Reads a whole DNS message. NotFound if it has no TXT record in its answer; Unavailable if it is
/// not such a message.
absl::StatusOr<TxtReply> ParseTxtReply(absl::string_view message);

}  // namespace nines

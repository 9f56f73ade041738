// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "testbed/call_tally.h"

#include "absl/strings/str_cat.h"
#include "testbed/status_code_names.h"

namespace nines::testbed {

void CallTally::Add(const ::grpc::Status& status, absl::Duration call_latency) {
  ++made;
  latency.Add(call_latency);
  if (status.ok()) return;
  ++failed;
  ++failed_by_code[status.error_code()];
  last_error = absl::StrCat(StatusCodeName(status.error_code()), ": ", status.error_message());
}

void CallTally::Merge(const CallTally& other) {
  made += other.made;
  failed += other.failed;
  for (const auto& [code, count] : other.failed_by_code) failed_by_code[code] += count;
  if (!other.last_error.empty()) last_error = other.last_error;
  latency.Merge(other.latency);
}

double CallTally::AvailabilityPercent() const {
  if (made == 0) return 100;
  return 100.0 * static_cast<double>(made - failed) / static_cast<double>(made);
}

}  // namespace nines::testbed

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Answers to health checks come from whatever listens on a port: any bytes.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "health_message.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<nines::ServingStatus> status = nines::DecodeHealthCheckResponse(text);
  Require(!status.ok() || !nines::ServingStatusName(*status).empty());
  // What follows a message is more of the message: its last status counts.
  const absl::StatusOr<nines::ServingStatus> serving =
      nines::DecodeHealthCheckResponse(std::string(text) + "\x08\x01");
  Require(!status.ok() || *serving == nines::ServingStatus::kServing);
  return 0;
}

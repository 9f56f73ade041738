// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// DNS answers come from whoever is faster than the server that was asked: any bytes.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "srv_reply.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::StatusOr<nines::SrvReply> reply =
      nines::ParseSrvReply(absl::string_view(reinterpret_cast<const char*>(data), size));
  if (!reply.ok()) {
    Require(absl::IsNotFound(reply.status()) || absl::IsUnavailable(reply.status()));
    return 0;
  }
  Require(!reply->records.empty() && reply->records.size() <= size / 18);  // bytes of a record
  Require(reply->ttl >= absl::ZeroDuration() && reply->ttl <= absl::Seconds(INT32_MAX));
  for (const nines::SrvRecord& record : reply->records) Require(record.host.size() < 255);
  return 0;
}

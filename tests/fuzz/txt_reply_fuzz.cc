// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// TXT records come from whoever answers for DNS, and so does the choice of service configs in them.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nines/config.h"
#include "service_config_lookup.h"
#include "txt_reply.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  const nines::ServiceConfigClient client = {"m1", 42};
  absl::StatusOr<nines::TxtReply> reply = nines::ParseTxtReply(input);
  if (reply.ok()) {
    size_t length = 0;
    for (const std::string& text : reply->texts) length += text.size();
    Require(!reply->texts.empty() && length < size);
    Require(reply->ttl >= absl::ZeroDuration() && reply->ttl <= absl::Seconds(INT32_MAX));
  } else {
    Require(absl::IsNotFound(reply.status()) || absl::IsUnavailable(reply.status()));
    // No message: then as the text of one.
    reply = nines::TxtReply{{std::string(input)}, absl::ZeroDuration()};
  }
  const absl::StatusOr<std::string> config = nines::ServiceConfigIn(reply, client);
  Require(!config.ok() || config->empty() || (config->front() == '{' && config->back() == '}'));
  return 0;
}

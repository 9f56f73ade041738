// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Endpoint files are written by people and by programs that die while writing: any bytes.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "endpoint_address.h"
#include "nines/endpoint.h"
#include "nines/endpoint_file.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

/// What balancers rely on: addresses are distinct and normal, numbers within their ranges.
void CheckEndpoints(const nines::EndpointList& endpoints) {
  std::set<std::string> seen;
  for (const nines::Endpoint& endpoint : endpoints) {
    Require(seen.insert(endpoint.address).second);
    Require(*nines::ParseListedAddress(endpoint.address) == endpoint.address);
    // Either an address or a host's name, and what goes on to DNS is one.
    Require(nines::ParseEndpointAddress(endpoint.address).ok() !=
            nines::HasHostName(endpoint.address));
    Require(endpoint.weight >= 1 && endpoint.weight <= 65535 && endpoint.tier <= 65535);
    Require(endpoint.hash_key.size() <= 256 && endpoint.zone.size() <= 256);
    Require(endpoint.attributes.size() <= 64);
    for (const auto& [name, value] : endpoint.attributes) {
      Require(!name.empty() && name.size() <= 256 && value.size() <= 4096);
    }
  }
}

void CheckRefusal(const absl::Status& status) {
  Require(status.code() == absl::StatusCode::kInvalidArgument);
  // A problem has a place, but for the file as a whole.
  Require(absl::StrContains(status.message(), "line ") ||
          absl::StartsWith(status.message(), "endpoint file: "));
  Require(status.message().size() < 100'000);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<nines::EndpointList> endpoints =
      nines::ParseEndpointFile(text, nines::ParseListedAddress);
  endpoints.ok() ? CheckEndpoints(*endpoints) : CheckRefusal(endpoints.status());
  return 0;
}

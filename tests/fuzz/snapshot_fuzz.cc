// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Snapshots lie on disks, which lose bytes, and anybody may have put them there. The bytes are read
// twice: as a file, and as what a right checksum is written over, or no mutation would get past it.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nines/snapshot.h"
#include "snapshot/snapshot_frame.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

void CheckSnapshot(const nines::Snapshot& snapshot) {
  std::set<std::string> seen;
  for (const nines::Endpoint& endpoint : snapshot.endpoints) {
    Require(!endpoint.address.empty() && endpoint.weight >= 1);
    Require(seen.insert(endpoint.address).second);
  }
  for (const nines::LearnedEndpoint& learned : snapshot.learned.endpoints) {
    Require(seen.count(learned.address) == 1);
    Require(learned.latency >= absl::ZeroDuration());
  }
  for (const nines::HeldOverride& held : snapshot.learned.overrides) {
    Require(nines::CheckOverride(held.address, held.wish).ok());
  }
  // What was read can be written, and is then the same.
  const absl::StatusOr<nines::Snapshot> again =
      nines::DecodeSnapshot(nines::EncodeSnapshot(snapshot));
  Require(again.ok() && *again == snapshot);
}

void Check(const absl::StatusOr<nines::Snapshot>& snapshot) {
  if (snapshot.ok()) return CheckSnapshot(*snapshot);
  Require(absl::IsDataLoss(snapshot.status()) || absl::IsUnimplemented(snapshot.status()));
  Require(!snapshot.status().message().empty() && snapshot.status().message().size() < 100'000);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  Check(nines::DecodeSnapshot(bytes));
  const size_t line_end = bytes.find('\n');
  const absl::string_view body =
      line_end == absl::string_view::npos ? bytes : bytes.substr(line_end + 1);
  Check(nines::DecodeSnapshot(nines::FrameSnapshot(body)));
  return 0;
}

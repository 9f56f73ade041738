// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nines {

// What a snapshot's bytes are wrapped in, so that damage is seen before anybody reads them: a line
//
//   nines-snapshot <version> <bytes of the body> <checksum of the body>
//
// and the body. There is one way to write each line, and nothing may follow the body: so no byte
// can change, come or go without notice. The checksum is XXH3-64 with the version as its seed,
// in 16 lower-case hexadecimal digits.

std::string FrameSnapshot(absl::string_view body);

// The body. Errors as DecodeSnapshot().
absl::StatusOr<absl::string_view> UnframeSnapshot(absl::string_view bytes);

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace nines {

/// `text` as a JSON string, with its quotes. What is not UTF-8 becomes U+FFFD.
std::string JsonString(absl::string_view text);

}  // namespace nines

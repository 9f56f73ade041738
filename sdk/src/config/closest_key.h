// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace nines {

/// The one of `known` that someone who wrote `key` most likely meant: the same but for case and
/// underscores, or at most two letters off. "" if there is none.
absl::string_view ClosestKey(absl::string_view key, absl::Span<const absl::string_view> known);

}  // namespace nines

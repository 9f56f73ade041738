// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/reason.h"

#include "absl/strings/str_cat.h"

namespace nines {

std::string Reason::ToString() const {
  std::string text;
  if (count.has_value()) absl::StrAppend(&text, *count, " ");
  if (!prober.empty()) absl::StrAppend(&text, prober, " ");
  absl::StrAppend(&text, words);
  if (!figures.empty()) absl::StrAppend(&text, ": ", figures);
  if (!last.ok()) {
    absl::StrAppend(&text, ": ", absl::StatusCodeToString(last.code()), ": ", last.message());
  }
  if (ejected_for != absl::ZeroDuration()) {
    absl::StrAppend(&text, "; for ", absl::FormatDuration(ejected_for));
  }
  return text;
}

}  // namespace nines

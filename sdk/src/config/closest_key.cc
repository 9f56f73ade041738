// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "config/closest_key.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"

namespace nines {
namespace {

constexpr size_t kMaxEdits = 2;
constexpr size_t kMaxKeyBytes = 64;  // longer keys are no typing errors, and cost time

// "max_ejection_percent" and "maxEjectionPercent" fold to the same.
std::string Folded(absl::string_view key) {
  return absl::AsciiStrToLower(absl::StrReplaceAll(key, {{"_", ""}, {"-", ""}}));
}

// Levenshtein distance, row by row.
size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

absl::string_view ClosestKey(absl::string_view key, absl::Span<const absl::string_view> known) {
  if (key.size() > kMaxKeyBytes) return "";
  const std::string folded = Folded(key);
  absl::string_view closest;
  // A word of three letters is two edits from most others.
  size_t fewest = std::min(kMaxEdits, folded.size() / 2) + 1;
  for (const absl::string_view candidate : known) {
    const size_t edits = EditDistance(folded, Folded(candidate));
    if (edits >= fewest) continue;
    fewest = edits;
    closest = candidate;
  }
  return closest;
}

}  // namespace nines

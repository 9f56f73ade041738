// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "config/proto_duration.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

namespace nines {
namespace {

constexpr size_t kFractionDigits = 9;

// Digits only: SimpleAtoi alone would take signs and blanks.
std::optional<int64_t> ParseDigits(absl::string_view text) {
  int64_t value = 0;
  if (!std::all_of(text.begin(), text.end(), absl::ascii_isdigit)) return std::nullopt;
  if (!absl::SimpleAtoi(text, &value)) return std::nullopt;
  return value;
}

// "5" is 500,000,000 nanoseconds.
std::optional<int64_t> ParseFraction(absl::string_view digits) {
  if (digits.size() > kFractionDigits) return std::nullopt;
  std::optional<int64_t> value = ParseDigits(digits);
  if (!value) return std::nullopt;
  for (size_t i = digits.size(); i < kFractionDigits; ++i) *value *= 10;
  return value;
}

}  // namespace

std::optional<absl::Duration> ParseProtoDuration(absl::string_view text) {
  if (!absl::ConsumeSuffix(&text, "s")) return std::nullopt;
  const size_t point = text.find('.');
  const std::optional<int64_t> seconds = ParseDigits(text.substr(0, point));
  const std::optional<int64_t> nanoseconds =
      point == absl::string_view::npos ? 0 : ParseFraction(text.substr(point + 1));
  if (!seconds || !nanoseconds) return std::nullopt;
  const absl::Duration duration = absl::Seconds(*seconds) + absl::Nanoseconds(*nanoseconds);
  if (duration > kMaxProtoDuration) return std::nullopt;
  return duration;
}

std::string FormatProtoDuration(absl::Duration duration) {
  absl::Duration fraction;
  const int64_t seconds = absl::IDivDuration(duration, absl::Seconds(1), &fraction);
  if (fraction == absl::ZeroDuration()) return absl::StrFormat("%ds", seconds);
  std::string text = absl::StrFormat("%d.%09d", seconds, absl::ToInt64Nanoseconds(fraction));
  text.resize(text.find_last_not_of('0') + 1);
  return text + "s";
}

}  // namespace nines

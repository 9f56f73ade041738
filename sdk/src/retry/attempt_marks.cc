// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What an attempt's status says of itself beside code and message: payloads, which every copy of
// the status keeps and no program has to know of.

#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "nines/retry.h"

namespace nines {
namespace {

// The content means nothing.
constexpr char kUnprocessed[] = "nines/unprocessed";
// Nanoseconds in decimal.
constexpr char kPushback[] = "nines/pushback";

}  // namespace

absl::Status MarkUnprocessed(absl::Status status) {
  status.SetPayload(kUnprocessed, absl::Cord());
  return status;
}

bool IsUnprocessed(const absl::Status& status) {
  return status.GetPayload(kUnprocessed).has_value();
}

absl::Status WithPushback(absl::Status status, absl::Duration delay) {
  status.SetPayload(kPushback, absl::Cord(absl::StrCat(absl::ToInt64Nanoseconds(delay))));
  return status;
}

std::optional<absl::Duration> PushbackOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kPushback);
  int64_t nanoseconds = 0;
  if (!payload.has_value()) return std::nullopt;
  if (!absl::SimpleAtoi(std::string(*payload), &nanoseconds)) return std::nullopt;
  return absl::Nanoseconds(nanoseconds);
}

}  // namespace nines

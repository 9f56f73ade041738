// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/outcome.h"

#include <utility>

namespace nines {
namespace {

constexpr uint64_t kClassMask = 3;

int ShiftOf(absl::StatusCode code) {
  const auto number = static_cast<int>(code);
  const bool is_known =
      number >= 0 && number <= static_cast<int>(absl::StatusCode::kUnauthenticated);
  return 2 * (is_known ? number : static_cast<int>(absl::StatusCode::kUnknown));
}

}  // namespace

StatusClasses::StatusClasses() {
  for (int code = 1; code <= static_cast<int>(absl::StatusCode::kUnauthenticated); ++code) {
    Set(static_cast<absl::StatusCode>(code), OutcomeClass::kNeutral);
  }
  for (const absl::StatusCode code :
       {absl::StatusCode::kUnavailable, absl::StatusCode::kDeadlineExceeded,
        absl::StatusCode::kInternal, absl::StatusCode::kUnknown, absl::StatusCode::kDataLoss}) {
    Set(code, OutcomeClass::kServerFault);
  }
  Set(absl::StatusCode::kResourceExhausted, OutcomeClass::kOverload);
}

OutcomeClass StatusClasses::Of(absl::StatusCode code) const {
  return static_cast<OutcomeClass>((bits_ >> ShiftOf(code)) & kClassMask);
}

void StatusClasses::Set(absl::StatusCode code, OutcomeClass outcome_class) {
  bits_ &= ~(kClassMask << ShiftOf(code));
  bits_ |= static_cast<uint64_t>(outcome_class) << ShiftOf(code);
}

Outcome MakeOutcome(absl::Status status, absl::Duration latency) {
  Outcome outcome;
  outcome.status = std::move(status);
  outcome.latency = latency;
  return outcome;
}

OutcomeClass ClassOf(const Outcome& outcome) {
  if (outcome.outcome_class.has_value()) return *outcome.outcome_class;
  return outcome.status.ok() ? OutcomeClass::kSuccess : StatusClasses().Of(outcome.status.code());
}

}  // namespace nines

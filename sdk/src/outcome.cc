// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/outcome.h"

#include <utility>

namespace nines {

OutcomeClass ClassifyStatus(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return OutcomeClass::kSuccess;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kDataLoss:
      return OutcomeClass::kServerFault;
    case absl::StatusCode::kResourceExhausted:
      return OutcomeClass::kOverload;
    default:
      return OutcomeClass::kNeutral;
  }
}

Outcome MakeOutcome(absl::Status status, absl::Duration latency) {
  const OutcomeClass outcome_class = ClassifyStatus(status.code());
  return Outcome{std::move(status), outcome_class, latency};
}

}  // namespace nines

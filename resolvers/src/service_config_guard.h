// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace nines {

/// Decides which of DNS's service configs is in force: the last one that could be read. That there
/// is none any more counts when further answers confirm it. No clock, no I/O. Thread-compatible.
class ServiceConfigGuard {
 public:
  explicit ServiceConfigGuard(int confirmations) : confirmations_(confirmations) {}

  /// After an answer; NotFound: there is none. What is to be told: a problem that the answer before
  /// did not have, else OK.
  absl::Status OnAnswer(absl::StatusOr<std::string> answer);

  /// "": none.
  const std::string& in_force() const { return in_force_; }

 private:
  const int confirmations_;
  std::string in_force_;
  int absences_ = 0;  // in a row
  absl::Status problem_;
};

}  // namespace nines

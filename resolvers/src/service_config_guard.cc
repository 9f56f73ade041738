// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "service_config_guard.h"

#include <utility>

namespace nines {

absl::Status ServiceConfigGuard::OnAnswer(absl::StatusOr<std::string> answer) {
  if (!answer.ok() && !absl::IsNotFound(answer.status())) {
    const bool is_new = answer.status() != problem_;
    problem_ = answer.status();
    return is_new ? problem_ : absl::OkStatus();
  }
  problem_ = absl::OkStatus();
  if (answer.ok()) {
    absences_ = 0;
    in_force_ = *std::move(answer);
  } else if (++absences_ > confirmations_) {
    in_force_.clear();
  }
  return absl::OkStatus();
}

}  // namespace nines

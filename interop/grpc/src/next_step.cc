// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "next_step.h"

#include "absl/strings/str_cat.h"

namespace nines {

std::string ToText(const NextStep& step) {
  if (!step.has_value()) return "";
  if (const auto* end = std::get_if<CallEnd>(&*step)) {
    return absl::StrCat("not tried again: ", CallEndName(*end));
  }
  switch (std::get<AttemptReason>(*step)) {
    case AttemptReason::kFailure:
      return "tried again at once, elsewhere";
    case AttemptReason::kPushback:
      return "tried again when the server said";
    default:
      return "tried again after a wait";
  }
}

}  // namespace nines

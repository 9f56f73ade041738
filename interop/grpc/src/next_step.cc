// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "next_step.h"

namespace nines {

absl::string_view ToText(NextStep step) {
  switch (step) {
    case NextStep::kUndecided:
      return "";
    case NextStep::kElsewhere:
      return "tried again at once, elsewhere";
    case NextStep::kWait:
      return "tried again after a wait";
    case NextStep::kNotRetryable:
      return "not tried again: the method does not retry this status";
    case NextStep::kNoAttemptLeft:
      return "not tried again: no attempt left";
    case NextStep::kNoBudget:
      return "not tried again: the retry budget is spent";
    case NextStep::kNoTime:
      return "not tried again: the deadline is too near";
    case NextStep::kQueryOfDeath:
      return "not tried again: the call fails wherever it goes";
  }
  return "";
}

}  // namespace nines

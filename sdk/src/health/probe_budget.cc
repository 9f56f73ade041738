// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/probe_budget.h"

#include <algorithm>

namespace nines {

bool ProbeBudget::Take() {
  if (used_ >= limit_) return false;
  ++used_;
  return true;
}

void ProbeBudget::Wait(Taker& taker) {
  if (std::find(line_.begin(), line_.end(), &taker) == line_.end()) line_.push_back(&taker);
}

void ProbeBudget::Leave(const Taker& taker) {
  line_.erase(std::remove(line_.begin(), line_.end(), &taker), line_.end());
}

void ProbeBudget::Give(size_t places) {
  used_ -= places;
  while (!line_.empty() && Take()) {
    Taker* const next = line_.front();
    line_.pop_front();
    if (!next->UsePlace()) --used_;
  }
}

}  // namespace nines

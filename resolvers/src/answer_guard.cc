// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// A service loses endpoints one by one, or some of many in a deployment. It loses most of them at
// once when a zone is loaded in half, a cluster finds none of its pods ready, or a server cuts the
// answer without saying so; then the missing ones mostly serve on. To use an endpoint for a while
// after it is gone costs little, because its health says so; to give up a good one costs calls.
//
// As many new endpoints as missing ones are a move, not a loss, and count at once. Cost: O(known +
// answer).
//
// Not taken: holding back the whole answer. New endpoints are needed most when others are gone.

#include "answer_guard.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace nines {

void AnswerGuard::Restore(EndpointList endpoints, absl::Time now) {
  in_force_ = std::move(endpoints);
  absences_.clear();
  for (const Endpoint& endpoint : in_force_) {
    if (endpoint.is_lame) absences_[endpoint.address].since = now;
  }
}

size_t AnswerGuard::OnAnswer(const EndpointList& answer, absl::Time now) {
  Addresses present;
  for (const Endpoint& endpoint : answer) {
    present.insert(endpoint.address);
    absences_.erase(endpoint.address);
  }
  const bool is_suspicious = IsSuspicious(present);
  size_t newly_held = 0;
  EndpointList next = answer;
  for (const Endpoint& endpoint : in_force_) {
    if (present.contains(endpoint.address)) continue;
    const auto held = absences_.find(endpoint.address);
    if (held == absences_.end()) {
      if (!is_suspicious) continue;
      absences_[endpoint.address].since = now;
      ++newly_held;
    } else {
      ++held->second.confirmations;
      if (IsConfirmed(held->second, answer, now)) {
        absences_.erase(held);
        continue;
      }
    }
    next.push_back(endpoint);
    next.back().is_lame = true;
  }
  in_force_ = std::move(next);
  return newly_held;
}

void AnswerGuard::Forget() {
  in_force_.clear();
  absences_.clear();
}

bool AnswerGuard::IsSuspicious(const Addresses& answer) const {
  const auto kept = static_cast<size_t>(std::count_if(
      in_force_.begin(), in_force_.end(),
      [&answer](const Endpoint& endpoint) { return answer.contains(endpoint.address); }));
  const size_t missing = in_force_.size() - kept;
  const bool is_move = answer.size() - kept >= missing;
  return !is_move && static_cast<double>(missing) >
                         static_cast<double>(in_force_.size()) * options_.max_drop_ratio;
}

bool AnswerGuard::IsConfirmed(const Absence& absence, const EndpointList& answer,
                              absl::Time now) const {
  const absl::Duration hold = answer.empty() ? options_.empty_hold : options_.drop_hold;
  return absence.confirmations >= options_.confirmations && now - absence.since >= hold;
}

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "event_log.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "nines/clock.h"

namespace nines::bench {
namespace {

bool IsChange(const Event& event, HealthState to) {
  return event.kind == Event::Kind::kStateChanged && event.to == to;
}

}  // namespace

void EventLog::OnEvent(const Event& event) {
  const absl::Time now = ProcessClock().Now();
  const std::lock_guard<std::mutex> lock(mu_);
  entries_.push_back({now, event});
}

std::optional<absl::Time> EventLog::FirstChange(const std::string& address, HealthState to,
                                                const Period& period) const {
  const std::lock_guard<std::mutex> lock(mu_);
  for (const Entry& entry : entries_) {
    if (IsChange(entry.event, to) && entry.event.address == address && period.Has(entry.told)) {
      return entry.told;
    }
  }
  return std::nullopt;
}

size_t EventLog::CountChanges(HealthState to, const Period& period) const {
  const std::lock_guard<std::mutex> lock(mu_);
  return static_cast<size_t>(std::count_if(
      entries_.begin(), entries_.end(),
      [&](const Entry& entry) { return IsChange(entry.event, to) && period.Has(entry.told); }));
}

std::vector<std::string> EventLog::ReasonsOf(HealthState to) const {
  std::vector<std::string> reasons;
  const std::lock_guard<std::mutex> lock(mu_);
  for (const auto& [told, event] : entries_) {
    if (IsChange(event, to)) reasons.push_back(absl::StrCat(event.address, ": ", event.reason));
  }
  return reasons;
}

}  // namespace nines::bench

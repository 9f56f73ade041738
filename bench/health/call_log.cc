// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "call_log.h"

#include <algorithm>
#include <utility>

namespace nines::bench {

void CallLog::Add(Entry entry) {
  const std::lock_guard<std::mutex> lock(mu_);
  entries_.push_back(std::move(entry));
}

size_t CallLog::Count(const Period& period) const {
  const std::lock_guard<std::mutex> lock(mu_);
  return static_cast<size_t>(std::count_if(
      entries_.begin(), entries_.end(), [&](const Entry& entry) { return period.Has(entry.due); }));
}

size_t CallLog::CountFailed(const Period& period) const {
  const std::lock_guard<std::mutex> lock(mu_);
  return static_cast<size_t>(
      std::count_if(entries_.begin(), entries_.end(),
                    [&](const Entry& entry) { return !entry.is_ok && period.Has(entry.due); }));
}

double CallLog::Share(const std::string& backend, const Period& period) const {
  double answered = 0;
  double by_backend = 0;
  const std::lock_guard<std::mutex> lock(mu_);
  for (const Entry& entry : entries_) {
    if (!entry.is_ok || !period.Has(entry.due)) continue;
    ++answered;
    if (entry.backend == backend) ++by_backend;
  }
  return answered == 0 ? 0 : by_backend / answered;
}

std::optional<absl::Time> CallLog::LastSlowerThan(absl::Duration latency,
                                                  const Period& period) const {
  std::optional<absl::Time> last;
  const std::lock_guard<std::mutex> lock(mu_);
  for (const Entry& entry : entries_) {
    if (!period.Has(entry.due) || entry.end - entry.due <= latency) continue;
    last = std::max(last.value_or(entry.due), entry.due);
  }
  return last;
}

std::optional<absl::Time> CallLog::FirstAnswerOf(const std::string& backend,
                                                 const Period& period) const {
  std::optional<absl::Time> first;
  const std::lock_guard<std::mutex> lock(mu_);
  for (const Entry& entry : entries_) {
    if (!entry.is_ok || entry.backend != backend || !period.Has(entry.due)) continue;
    first = std::min(first.value_or(entry.end), entry.end);
  }
  return first;
}

std::vector<absl::Time> CallLog::SilencesOf(const std::string& backend, absl::Duration length,
                                            const Period& period) const {
  std::vector<absl::Time> answers;
  {
    const std::lock_guard<std::mutex> lock(mu_);
    for (const Entry& entry : entries_) {
      if (entry.is_ok && entry.backend == backend && period.Has(entry.due)) {
        answers.push_back(entry.end);
      }
    }
  }
  std::sort(answers.begin(), answers.end());
  std::vector<absl::Time> silences;
  for (size_t i = 0; i < answers.size(); ++i) {
    const absl::Time next = i + 1 < answers.size() ? answers[i + 1] : period.end;
    if (next - answers[i] >= length) silences.push_back(answers[i]);
  }
  return silences;
}

}  // namespace nines::bench

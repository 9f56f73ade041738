// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// A ratio over a sliding window, as Finagle's RetryBudget and Linkerd's have it; they add the
// minimum rate to the ratio, and this takes the larger. Not taken: a share of what is in flight at
// the time (Envoy), which lets fast failures through without limit: they are hardly ever in flight.
//
// Calls are counted by thread in stripes of their own, since every call of every thread does;
// retries, of which there are few, in one.

#include "nines/retry_budget.h"

#include <algorithm>
#include <array>

#include "retry/window_count.h"
#include "sync/thread_slot.h"

namespace nines {
namespace {

constexpr uint32_t kStripes = 8;

// One slice is the current one, of which only a part has passed: the others make up the ttl, so
// that no ttl ever sees more than it may.
constexpr uint32_t kFullSlices = WindowCount::kSlices - 1;

}  // namespace

struct RetryBudget::Counts {
  uint64_t Calls(uint32_t slice) const {
    uint64_t sum = 0;
    for (const WindowCount& stripe : calls) sum += stripe.Sum(slice);
    return sum;
  }

  std::array<WindowCount, kStripes> calls;
  WindowCount retries;
};

RetryBudget::RetryBudget(const RetryBudgetConfig& config)
    : percent_(config.percent),
      minimum_(static_cast<uint64_t>(config.min_per_second * absl::ToDoubleSeconds(config.ttl))),
      slice_nanoseconds_(std::max<int64_t>(absl::ToInt64Nanoseconds(config.ttl) / kFullSlices, 1)),
      counts_(std::make_unique<Counts>()) {}

RetryBudget::~RetryBudget() = default;

uint32_t RetryBudget::SliceOf(absl::Time now) const {
  return static_cast<uint32_t>(absl::ToUnixNanos(now) / slice_nanoseconds_);
}

void RetryBudget::Deposit(absl::Time now) {
  counts_->calls[ThreadSlot::Own().number() % kStripes].Add(SliceOf(now));
}

bool RetryBudget::TryWithdraw(absl::Time now) {
  const uint32_t slice = SliceOf(now);
  const uint64_t limit = std::max(counts_->Calls(slice) * percent_ / 100, minimum_);
  return counts_->retries.TryAdd(slice, limit);
}

void RetryBudget::GiveBack(absl::Time withdrawn) { counts_->retries.Remove(SliceOf(withdrawn)); }

}  // namespace nines

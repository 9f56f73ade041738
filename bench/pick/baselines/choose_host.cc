// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "baselines/choose_host.h"

#include <utility>

#include "baselines/thread_random.h"

namespace nines::bench {
namespace {

struct Priority {
  std::shared_ptr<const HostTable> table;
  uint64_t load_percent;
};
using Priorities = std::vector<Priority>;

class PriorityChooser final : public HostChooser {
 public:
  explicit PriorityChooser(std::shared_ptr<const Priorities> priorities)
      : priorities_(std::move(priorities)) {}

  SharedHostPtr ChooseHost(const HashContext& context) const override {
    constexpr size_t kAttempts = 4;
    const std::optional<uint64_t> key_hash = context.ComputeHash();
    const uint64_t hash = key_hash ? *key_hash : ThreadRandom();
    const HostTable& table = *ChoosePriority(hash).table;
    for (size_t attempt = 0; attempt < kAttempts; ++attempt) {
      SharedHostPtr host = table.Choose(hash, attempt);
      if (host == nullptr || host->is_healthy()) return host;
    }
    return nullptr;
  }

 private:
  const Priority& ChoosePriority(uint64_t hash) const {
    const uint64_t percent = hash % 100 + 1;
    uint64_t sum = 0;
    for (const Priority& priority : *priorities_) {
      sum += priority.load_percent;
      if (percent <= sum) return priority;
    }
    return priorities_->back();
  }

  const std::shared_ptr<const Priorities> priorities_;
};

}  // namespace

TableBalancer::TableBalancer(size_t hosts, MakeTable make_table)
    : hosts_(hosts), make_table_(std::move(make_table)) {
  Rebuild();
}

std::unique_ptr<HostChooser> TableBalancer::MakeWorker() const {
  return std::make_unique<PriorityChooser>(
      std::make_shared<const Priorities>(Priorities{{table_, /*load_percent=*/100}}));
}

void TableBalancer::SetHealthy(size_t host, bool is_healthy) {
  hosts_.SetHealthy(host, is_healthy);
  Rebuild();
}

void TableBalancer::SetKnown(size_t host, bool is_known) {
  hosts_.SetKnown(host, is_known);
  Rebuild();
}

void TableBalancer::Rebuild() { table_ = make_table_(hosts_.Usable()); }

}  // namespace nines::bench

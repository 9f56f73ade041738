// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/random_policy.h"

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "draw_table.h"

namespace nines {
namespace {

class RandomPolicy final : public Policy {
 public:
  absl::string_view name() const override { return "random"; }

  SeedSource seed_source() const override { return SeedSource::kRandom; }

  uint32_t choices() const override { return 1; }

  std::unique_ptr<const CandidateTable> BuildTable(
      absl::Span<const Endpoint> endpoints) const override {
    return BuildDrawTable(endpoints);
  }
};

}  // namespace

std::shared_ptr<const Policy> MakeRandomPolicy() { return std::make_shared<RandomPolicy>(); }

}  // namespace nines

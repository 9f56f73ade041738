// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// The power of two choices (Mitzenmacher 2001): of two endpoints drawn at random, the less loaded
// one keeps the largest load at O(log log n), where one draw has O(log n / log log n). What load is
// the balancer knows; here is only who is drawn.
//
// Not taken: to look at all endpoints, which costs O(n) a pick and sends the calls of all clients
// to the same endpoint at once.

#include "nines/least_request_policy.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "draw_table.h"

namespace nines {
namespace {

// One choice would be random. Envoy and gRPC have 2 as their default.
constexpr uint32_t kMinChoices = 2;

class LeastRequestPolicy final : public Policy {
 public:
  explicit LeastRequestPolicy(uint32_t choices) : choices_(choices) {}

  absl::string_view name() const override { return "leastRequest"; }

  SeedSource seed_source() const override { return SeedSource::kRandom; }

  uint32_t choices() const override { return choices_; }

  std::unique_ptr<const CandidateTable> BuildTable(
      absl::Span<const Endpoint> endpoints) const override {
    return BuildDrawTable(endpoints);
  }

 private:
  const uint32_t choices_;
};

}  // namespace

std::shared_ptr<const Policy> MakeLeastRequestPolicy(const LeastRequestConfig& config) {
  return std::make_shared<LeastRequestPolicy>(std::clamp(config.choices, kMinChoices, kMaxChoices));
}

}  // namespace nines

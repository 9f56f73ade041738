// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>

#include "nines/policy.h"

namespace nines {

// Candidate k of seed s is endpoint (s + k) mod n, twice around: an order that a test can write
// down, with a seed of its choice. A value's worth of options; immutable.
class RotatingPolicy final : public Policy {
 public:
  struct Options {
    SeedSource seed_source = SeedSource::kSequence;
    uint32_t choices = 1;
  };

  explicit RotatingPolicy(Options options) : options_(options) {}

  absl::string_view name() const override { return "rotating"; }
  SeedSource seed_source() const override { return options_.seed_source; }
  uint32_t choices() const override { return options_.choices; }
  std::unique_ptr<const CandidateTable> BuildTable(
      absl::Span<const Endpoint> endpoints) const override {
    return std::make_unique<Table>(static_cast<uint32_t>(endpoints.size()));
  }

 private:
  class Table final : public CandidateTable {
   public:
    explicit Table(uint32_t size) : size_(size) {}
    uint32_t Candidate(uint64_t seed, uint32_t k) const override {
      return static_cast<uint32_t>((seed + k) % size_);
    }
    uint32_t candidate_limit() const override { return 2 * size_; }

   private:
    const uint32_t size_;
  };

  const Options options_;
};

}  // namespace nines

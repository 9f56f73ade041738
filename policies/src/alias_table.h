// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "mix.h"

namespace nines {

/// Draws one of n things in proportion to their weights in O(1).
///
/// Walker's alias method: n columns of equal height, each shared by at most two things. A draw
/// picks a column, and within it one of the two. Built in O(n) by Vose's worklists, in integers, so
/// that the same weights give the same table everywhere; a share is exact to 2⁻³² of a column.
///
/// Immutable, thread-safe.
class AliasTable {
 public:
  struct Item {
    uint32_t name;
    uint32_t weight;  // 0 counts as 1
  };

  struct Column {
    uint32_t threshold;  // of 2³²: draws below it mean own, the others alias
    uint32_t own;        // names
    uint32_t alias;
  };

  explicit AliasTable(absl::Span<const Item> items);

  /// The name of the item that `bits` (64 uniform bits) stand for. REQUIRES: there are items.
  uint32_t Draw(uint64_t bits) const {
    const Column& column = columns_[Scale(HighBits(bits), static_cast<uint32_t>(columns_.size()))];
    return LowBits(bits) < column.threshold ? column.own : column.alias;
  }

  const std::vector<Column>& columns() const { return columns_; }

 private:
  std::vector<Column> columns_;
};

}  // namespace nines

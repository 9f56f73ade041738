// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "alias_table.h"

#include <algorithm>
#include <numeric>

#include "absl/numeric/int128.h"

namespace nines {
namespace {

// What fraction of a column `part` of `height` is, in 2⁻³²; rounded down. REQUIRES: part < height.
uint32_t Threshold(uint64_t part, uint64_t height) {
  return static_cast<uint32_t>((absl::uint128(part) << 32) / height);
}

}  // namespace

// A column is as high as all weights together, so that weight × n is what each item has to place
// and everything stays an integer: below 2⁶⁴ for fewer than 2³² items.
AliasTable::AliasTable(absl::Span<const Item> items) : columns_(items.size()) {
  const uint64_t count = items.size();
  std::vector<uint64_t> to_place(count);
  uint64_t height = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t weight = std::max(items[i].weight, 1u);
    height += weight;
    to_place[i] = weight * count;
  }
  std::vector<uint32_t> below;   // fit into a column and leave room
  std::vector<uint32_t> enough;  // fill a column
  for (uint32_t i = 0; i < count; ++i) (to_place[i] < height ? below : enough).push_back(i);
  while (!below.empty()) {
    const uint32_t own = below.back();
    const uint32_t alias = enough.back();  // exists: the columns are full on average
    below.pop_back();
    columns_[own] = {Threshold(to_place[own], height), items[own].name, items[alias].name};
    to_place[alias] -= height - to_place[own];
    if (to_place[alias] >= height) continue;
    enough.pop_back();
    below.push_back(alias);
  }
  for (const uint32_t own : enough) columns_[own] = {0, items[own].name, items[own].name};
}

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "baselines/doubly_buffered.h"

namespace nines::bench {

/// The indexes of the known hosts, doubly buffered. Thread-safe.
class BufferedList {
 public:
  using Indexes = std::vector<uint32_t>;

  explicit BufferedList(size_t hosts) {
    indexes_.Modify([&](Indexes& background, const Indexes& /*foreground*/) {
      background.resize(hosts);
      std::iota(background.begin(), background.end(), 0);
    });
  }

  DoublyBuffered<Indexes>::Reading Read() const { return indexes_.Read(); }

  void SetKnown(size_t host, bool is_known) {
    const auto index = static_cast<uint32_t>(host);
    indexes_.Modify([&](Indexes& background, const Indexes& /*foreground*/) {
      const auto found = std::find(background.begin(), background.end(), index);
      if (is_known && found == background.end()) background.push_back(index);
      if (!is_known && found != background.end()) {
        *found = background.back();
        background.pop_back();
      }
    });
  }

 private:
  DoublyBuffered<Indexes> indexes_;
};

}  // namespace nines::bench

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "split_mix.h"

namespace nines::bench {

/// A call's key: 16 bytes, as in the goals.
struct Key {
  std::array<char, 16> bytes;

  std::string_view view() const { return {bytes.data(), bytes.size()}; }
};

/// Keys without end that hardly ever repeat, so that each pick looks at another place of the table:
/// a few keys over and over would keep their slots in the cache and flatter every table that is
/// larger than it. Streams of different numbers differ.
class KeyStream {
 public:
  explicit KeyStream(uint64_t number) : random_(number) {}

  Key Next() {
    const std::array<uint64_t, 2> words = {random_.Next(), random_.Next()};
    Key key;
    static_assert(sizeof(key.bytes) == sizeof(words));
    std::memcpy(key.bytes.data(), words.data(), sizeof(words));
    return key;
  }

 private:
  SplitMix random_;
};

}  // namespace nines::bench

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string_view>

// In the header, so that no baseline pays for a call that the originals' inlined hash saves.
#define XXH_INLINE_ALL  // NOLINT(readability-identifier-naming): xxhash asks for it by this name
#include <xxhash.h>

namespace nines::bench {

inline uint64_t Xxh64(std::string_view bytes, uint64_t seed = 0) {
  return XXH64(bytes.data(), bytes.size(), seed);
}

inline uint64_t Xxh3(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace nines::bench

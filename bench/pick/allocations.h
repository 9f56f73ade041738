// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>

namespace nines::bench {

/// What the process has asked of operator new so far: this program's is its own (allocations.cc).
/// Relaxed counters; exact when no other thread allocates.
struct Allocations {
  uint64_t count = 0;     // calls of operator new
  size_t live_bytes = 0;  // of blocks not deleted yet, as the heap rounds them up

  static Allocations Now();
};

}  // namespace nines::bench

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "absl/numeric/int128.h"

namespace nines {

/// Remainders by one divisor, which two multiplications give faster than a division: Lemire, Kaser,
/// Kurz: "Faster remainder by direct computation", 2019. Exact for all 32-bit arguments.
///
/// Immutable, thread-safe.
class Modulo {
 public:
  explicit constexpr Modulo(uint32_t divisor)
      : fraction_(divisor == 0 ? 0 : UINT64_MAX / divisor + 1), divisor_(divisor) {}

  /// number mod divisor. REQUIRES: the divisor is not 0.
  uint32_t operator()(uint32_t number) const {
    return static_cast<uint32_t>(
        absl::Uint128High64(absl::uint128(fraction_ * number) * absl::uint128(divisor_)));
  }

 private:
  uint64_t fraction_;  // ⌈2⁶⁴ / divisor⌉; the product with a number has its remainder's fraction
  uint32_t divisor_;
};

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/base/optimization.h"
#include "absl/strings/string_view.h"
#include "nines/call.h"
#include "nines/config.h"

namespace nines {

/// Turns the hash keys of a call into the seed of its candidate order.
///
/// The hash is fixed for ever, because all clients of a service must agree on it: XXH3-64 with seed
/// 0 of the key's bytes as they are; several keys combine in their order as in gRFC A42,
/// rotl(hash, 1) xor next. The kind of a key is not mixed in: a caller that gives the user's id and
/// one that only has it in a header reach the same endpoint.
///
/// Immutable, thread-safe.
class KeyHasher {
 public:
  explicit KeyHasher(std::vector<HashKeySource> sources);

  /// The hash over those keys that the call has; nothing if it has none. "" is a key like others,
  /// but as a method name it means that there is none. Takes no lock and allocates nothing, unless
  /// a header needs its values joined.
  std::optional<uint64_t> Hash(const Call& call) const;

  /// The same, or what `otherwise()` gives. For the pick: the usual case is here, and no optional
  /// in it, because one that is put together in memory and then read as a whole waits for the
  /// stores, some 5 of 22 ns (`./dev bench pick`).
  template <typename Otherwise>
  uint64_t HashOr(const Call& call, const Otherwise& otherwise) const {
    if (ABSL_PREDICT_TRUE(is_call_key_only_ && call.hash_key.has_value())) {
      return HashBytes(call.hash_key->data(), call.hash_key->size());
    }
    const std::optional<uint64_t> hash = Hash(call);
    return hash.has_value() ? *hash : otherwise();
  }

  /// Whether the call has one of the keys. Hashes nothing.
  bool HasKey(const Call& call) const;

 private:
  static uint64_t HashBytes(const char* bytes, size_t size);

  std::vector<HashKeySource> sources_;
  /// The usual case has a path of its own: {"call": {}} alone, which is the default.
  bool is_call_key_only_;
};

/// XXH3-64 of `bytes`, another hash for each seed; the same in every process.
uint64_t SeededHash(absl::string_view bytes, uint64_t seed);

}  // namespace nines

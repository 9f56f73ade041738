// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "key_hash.h"

#include <string>
#include <utility>

// The hash becomes part of this file: no library to link, and none of its names to clash.
#define XXH_INLINE_ALL  // NOLINT(readability-identifier-naming): xxhash asks for it by this name
#include <xxhash.h>

namespace nines {
namespace {

using Kind = HashKeySource::Kind;

std::optional<absl::string_view> ToAbsl(std::optional<std::string_view> text) {
  if (!text) return std::nullopt;
  return absl::string_view(text->data(), text->size());
}

// The bytes of one key, perhaps stored in `buffer`; nothing if the call does not have it.
std::optional<absl::string_view> KeyBytes(const Call& call, const HashKeySource& source,
                                          std::string* buffer) {
  switch (source.kind) {
    case Kind::kCall:
      return ToAbsl(call.hash_key);
    case Kind::kHeader:
      if (call.headers == nullptr) return std::nullopt;
      return call.headers->Get(source.header, buffer);
    case Kind::kClientIp:
      return ToAbsl(call.client_ip);
    case Kind::kMethod:
      if (call.method.empty()) return std::nullopt;
      return ToAbsl(call.method);
    case Kind::kRequestContent:
      return ToAbsl(call.request_content);
  }
  return std::nullopt;
}

constexpr uint64_t RotateLeft1(uint64_t bits) { return (bits << 1) | (bits >> 63); }

bool IsCallKeyOnly(const std::vector<HashKeySource>& sources) {
  return sources.size() == 1 && sources.front().kind == Kind::kCall;
}

}  // namespace

KeyHasher::KeyHasher(std::vector<HashKeySource> sources)
    : sources_(std::move(sources)), is_call_key_only_(IsCallKeyOnly(sources_)) {}

uint64_t KeyHasher::HashBytes(const char* bytes, size_t size) { return XXH3_64bits(bytes, size); }

std::optional<uint64_t> KeyHasher::Hash(const Call& call) const {
  std::optional<uint64_t> hash;
  std::string buffer;
  for (const HashKeySource& source : sources_) {
    const std::optional<absl::string_view> key = KeyBytes(call, source, &buffer);
    if (!key) continue;
    const uint64_t next = HashBytes(key->data(), key->size());
    hash = hash ? RotateLeft1(*hash) ^ next : next;
  }
  return hash;
}

bool KeyHasher::HasKey(const Call& call) const {
  std::string buffer;
  for (const HashKeySource& source : sources_) {
    if (KeyBytes(call, source, &buffer).has_value()) return true;
  }
  return false;
}

uint64_t SeededHash(absl::string_view bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace nines

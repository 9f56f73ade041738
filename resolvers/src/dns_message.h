// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace nines {

/// Reads a DNS message (RFC 1035, section 4.1) from front to back; each function returns nothing
/// when the message ends early.
class DnsMessageReader {
 public:
  explicit DnsMessageReader(absl::string_view message) : message_(message) {}

  size_t at() const { return at_; }

  std::optional<uint16_t> Number16() {
    if (message_.size() - at_ < 2) return std::nullopt;
    const auto high = static_cast<uint8_t>(message_[at_]);
    const auto low = static_cast<uint8_t>(message_[at_ + 1]);
    at_ += 2;
    return static_cast<uint16_t>(high << 8 | low);
  }

  std::optional<uint32_t> Number32() {
    const std::optional<uint16_t> high = Number16();
    const std::optional<uint16_t> low = Number16();
    if (!high.has_value() || !low.has_value()) return std::nullopt;
    return uint32_t{*high} << 16 | *low;
  }

  bool Skip(size_t bytes) {
    if (message_.size() - at_ < bytes) return false;
    at_ += bytes;
    return true;
  }

  /// A name, its labels joined by dots; "" is the root.
  std::optional<std::string> Name();

  /// So many bytes as they are.
  std::optional<absl::string_view> Bytes(size_t count) {
    if (message_.size() - at_ < count) return std::nullopt;
    const absl::string_view bytes = message_.substr(at_, count);
    at_ += count;
    return bytes;
  }

 private:
  const absl::string_view message_;
  size_t at_ = 0;
};

/// Takes the records of `type` out of a whole message's answer: `read` gets each one's data, from a
/// reader that stands before it, with its size; false says that it is malformed. The least TTL of
/// these records and of the aliases before them (RFC 2181, section 8: with the highest bit set, one
/// is zero), infinite if there are none. Unavailable if it is no such message.
absl::StatusOr<absl::Duration> ReadAnswers(
    absl::string_view message, uint16_t type,
    absl::FunctionRef<bool(DnsMessageReader& reader, size_t size)> read);

}  // namespace nines

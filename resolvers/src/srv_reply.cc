// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// c-ares 1.18 parses SRV records too, but leaves out their TTL, which says when to ask again. So
// this reads the message itself: header, questions to skip, and the answers.
//
// Not taken from it: the addresses that servers may add. They may be some of them only (RFC 2181,
// section 9), and nothing in the message says so.

#include "srv_reply.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace nines {
namespace {

constexpr uint16_t kTypeCname = 5;
constexpr uint16_t kTypeSrv = 33;
constexpr size_t kMaxNameLength = 255;  // RFC 1035, section 2.3.4

/// Reads a message from front to back; each function returns nothing when the message ends early.
class MessageReader {
 public:
  explicit MessageReader(absl::string_view message) : message_(message) {}

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
  std::optional<std::string> Name() {
    std::string name;
    size_t from = at_;
    bool is_elsewhere = false;  // after a pointer: what follows the name is where the pointer was
    while (from < message_.size()) {
      const auto length = static_cast<uint8_t>(message_[from]);
      if ((length & 0xc0) == 0xc0) {
        if (from + 1 >= message_.size()) return std::nullopt;
        const size_t to = (length & 0x3fu) << 8 | static_cast<uint8_t>(message_[from + 1]);
        if (!std::exchange(is_elsewhere, true)) at_ = from + 2;
        if (to >= from) return std::nullopt;  // only backwards, or it need not end
        from = to;
        continue;
      }
      if ((length & 0xc0) != 0 || message_.size() - from <= length) return std::nullopt;
      if (length == 0) {
        if (!is_elsewhere) at_ = from + 1;
        return name;
      }
      if (name.size() + length + 1 > kMaxNameLength) return std::nullopt;
      absl::StrAppend(&name, name.empty() ? "" : ".", message_.substr(from + 1, length));
      from += 1u + length;
    }
    return std::nullopt;
  }

 private:
  const absl::string_view message_;
  size_t at_ = 0;
};

absl::Status Malformed() { return absl::UnavailableError("the DNS server's answer is malformed"); }

struct MessageHeader {
  uint16_t questions = 0;
  uint16_t answers = 0;
};

std::optional<MessageHeader> ReadHeader(MessageReader& reader) {
  if (!reader.Skip(4)) return std::nullopt;  // id and flags: c-ares has seen to them
  const std::optional<uint16_t> questions = reader.Number16();
  const std::optional<uint16_t> answers = reader.Number16();
  if (!questions.has_value() || !answers.has_value() || !reader.Skip(4)) return std::nullopt;
  return MessageHeader{*questions, *answers};
}

bool SkipQuestion(MessageReader& reader) { return reader.Name().has_value() && reader.Skip(4); }

bool ReadSrvData(MessageReader& reader, SrvReply& reply) {
  const std::optional<uint16_t> priority = reader.Number16();
  const std::optional<uint16_t> weight = reader.Number16();
  const std::optional<uint16_t> port = reader.Number16();
  const std::optional<std::string> host = reader.Name();
  if (!priority || !weight || !port || !host) return false;
  reply.records.push_back({*priority, *weight, *port, absl::AsciiStrToLower(*host)});
  return true;
}

bool ReadAnswer(MessageReader& reader, SrvReply& reply) {
  if (!reader.Name().has_value()) return false;
  const std::optional<uint16_t> type = reader.Number16();
  if (!type.has_value() || !reader.Skip(2)) return false;
  const std::optional<uint32_t> ttl = reader.Number32();
  const std::optional<uint16_t> size = reader.Number16();
  if (!ttl.has_value() || !size.has_value()) return false;
  if (*type != kTypeSrv && *type != kTypeCname) return reader.Skip(*size);
  // RFC 2181, section 8: with the highest bit set, it is zero.
  reply.ttl = std::min(reply.ttl, absl::Seconds(*ttl >> 31 != 0 ? 0 : *ttl));
  if (*type == kTypeCname) return reader.Skip(*size);
  const size_t end = reader.at() + *size;
  return ReadSrvData(reader, reply) && reader.at() == end;
}

}  // namespace

absl::StatusOr<SrvReply> ParseSrvReply(absl::string_view message) {
  MessageReader reader(message);
  const std::optional<MessageHeader> header = ReadHeader(reader);
  if (!header.has_value()) return Malformed();
  for (int i = 0; i < header->questions; ++i) {
    if (!SkipQuestion(reader)) return Malformed();
  }
  SrvReply reply;
  for (int i = 0; i < header->answers; ++i) {
    if (!ReadAnswer(reader, reply)) return Malformed();
  }
  if (reply.records.empty()) return absl::NotFoundError("no SRV record");
  return reply;
}

}  // namespace nines

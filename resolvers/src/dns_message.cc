// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "dns_message.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace nines {
namespace {

constexpr uint16_t kTypeCname = 5;
constexpr size_t kMaxNameLength = 255;  // RFC 1035, section 2.3.4

absl::Status Malformed() { return absl::UnavailableError("the DNS server's answer is malformed"); }

struct MessageHeader {
  uint16_t questions = 0;
  uint16_t answers = 0;
};

std::optional<MessageHeader> ReadHeader(DnsMessageReader& reader) {
  if (!reader.Skip(4)) return std::nullopt;  // id and flags: c-ares has seen to them
  const std::optional<uint16_t> questions = reader.Number16();
  const std::optional<uint16_t> answers = reader.Number16();
  if (!questions.has_value() || !answers.has_value() || !reader.Skip(4)) return std::nullopt;
  return MessageHeader{*questions, *answers};
}

bool SkipQuestion(DnsMessageReader& reader) { return reader.Name().has_value() && reader.Skip(4); }

/// What a record has before its data.
struct RecordHead {
  uint16_t type = 0;
  absl::Duration ttl;
  uint16_t size = 0;
};

std::optional<RecordHead> ReadHead(DnsMessageReader& reader) {
  if (!reader.Name().has_value()) return std::nullopt;
  const std::optional<uint16_t> type = reader.Number16();
  if (!type.has_value() || !reader.Skip(2)) return std::nullopt;
  const std::optional<uint32_t> ttl = reader.Number32();
  const std::optional<uint16_t> size = reader.Number16();
  if (!ttl.has_value() || !size.has_value()) return std::nullopt;
  return RecordHead{*type, absl::Seconds(*ttl >> 31 != 0 ? 0 : *ttl), *size};
}

}  // namespace

std::optional<std::string> DnsMessageReader::Name() {
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

absl::StatusOr<absl::Duration> ReadAnswers(
    absl::string_view message, uint16_t type,
    absl::FunctionRef<bool(DnsMessageReader& reader, size_t size)> read) {
  DnsMessageReader reader(message);
  const std::optional<MessageHeader> header = ReadHeader(reader);
  if (!header.has_value()) return Malformed();
  for (int i = 0; i < header->questions; ++i) {
    if (!SkipQuestion(reader)) return Malformed();
  }
  absl::Duration ttl = absl::InfiniteDuration();
  for (int i = 0; i < header->answers; ++i) {
    const std::optional<RecordHead> head = ReadHead(reader);
    if (!head.has_value()) return Malformed();
    const size_t end = reader.at() + head->size;
    if (head->type == type || head->type == kTypeCname) ttl = std::min(ttl, head->ttl);
    const bool is_read = head->type == type ? read(reader, head->size) : reader.Skip(head->size);
    if (!is_read || reader.at() != end) return Malformed();
  }
  return ttl;
}

}  // namespace nines

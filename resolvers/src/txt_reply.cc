// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "txt_reply.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "dns_message.h"

namespace nines {
namespace {

constexpr uint16_t kTypeTxt = 16;

/// A record's data is strings of up to 255 bytes, each with its length before it. Longer texts are
/// several of them.
bool ReadTxtData(DnsMessageReader& reader, size_t size, TxtReply& reply) {
  const std::optional<absl::string_view> data = reader.Bytes(size);
  if (!data.has_value()) return false;
  std::string text;
  for (absl::string_view rest = *data; !rest.empty();) {
    const size_t length = static_cast<uint8_t>(rest.front());
    rest.remove_prefix(1);
    if (rest.size() < length) return false;
    absl::StrAppend(&text, rest.substr(0, length));
    rest.remove_prefix(length);
  }
  reply.texts.push_back(std::move(text));
  return true;
}

}  // namespace

absl::StatusOr<TxtReply> ParseTxtReply(absl::string_view message) {
  TxtReply reply;
  const absl::StatusOr<absl::Duration> ttl = ReadAnswers(
      message, kTypeTxt,
      [&reply](DnsMessageReader& reader, size_t size) { return ReadTxtData(reader, size, reply); });
  if (!ttl.ok()) return ttl.status();
  if (reply.texts.empty()) return absl::NotFoundError("no TXT record");
  reply.ttl = *ttl;
  return reply;
}

}  // namespace nines

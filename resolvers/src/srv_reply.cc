// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// c-ares 1.18 parses SRV records too, but leaves out their TTL, which says when to ask again. So
// this reads the message itself: header, questions to skip, and the answers.
//
// Not taken from it: the addresses that servers may add. They may be some of them only (RFC 2181,
// section 9), and nothing in the message says so.

#include "srv_reply.h"

#include <cstddef>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "dns_message.h"

namespace nines {
namespace {

constexpr uint16_t kTypeSrv = 33;

bool ReadSrvData(DnsMessageReader& reader, SrvReply& reply) {
  const std::optional<uint16_t> priority = reader.Number16();
  const std::optional<uint16_t> weight = reader.Number16();
  const std::optional<uint16_t> port = reader.Number16();
  const std::optional<std::string> host = reader.Name();
  if (!priority || !weight || !port || !host) return false;
  reply.records.push_back({*priority, *weight, *port, absl::AsciiStrToLower(*host)});
  return true;
}

}  // namespace

absl::StatusOr<SrvReply> ParseSrvReply(absl::string_view message) {
  SrvReply reply;
  const absl::StatusOr<absl::Duration> ttl = ReadAnswers(
      message, kTypeSrv,
      [&reply](DnsMessageReader& reader, size_t /*size*/) { return ReadSrvData(reader, reply); });
  if (!ttl.ok()) return ttl.status();
  if (reply.records.empty()) return absl::NotFoundError("no SRV record");
  reply.ttl = *ttl;
  return reply;
}

}  // namespace nines

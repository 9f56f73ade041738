// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// https://protobuf.dev/programming-guides/encoding/: a message is a list of fields, each a tag
// (number and wire type) and a value.

#include "health_message.h"

#include <cstdint>
#include <optional>

namespace nines {
namespace {

enum WireType : uint64_t { kVarint = 0, kFixed64 = 1, kLengthDelimited = 2, kFixed32 = 5 };

constexpr uint64_t MakeTag(uint64_t number, WireType type) { return number << 3 | type; }

void AppendVarint(uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

// Takes a varint off the front of `bytes`; nothing if there is none, or one above 64 bits.
std::optional<uint64_t> TakeVarint(absl::string_view& bytes) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= uint64_t{byte & 0x7fu} << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return std::nullopt;
}

// Takes the value of a field of `type` that nobody wants off the front. False if it is not there.
bool SkipValue(uint64_t type, absl::string_view& bytes) {
  std::optional<uint64_t> size;
  switch (type) {
    case kVarint:
      return TakeVarint(bytes).has_value();
    case kFixed64:
      size = 8;
      break;
    case kFixed32:
      size = 4;
      break;
    case kLengthDelimited:
      size = TakeVarint(bytes);
      break;
    default:  // groups: proto2, and long deprecated there
      return false;
  }
  if (!size.has_value() || *size > bytes.size()) return false;
  bytes.remove_prefix(*size);
  return true;
}

ServingStatus StatusOf(uint64_t value) {
  return value <= 3 ? static_cast<ServingStatus>(value) : ServingStatus::kUnknown;
}

}  // namespace

absl::string_view ServingStatusName(ServingStatus status) {
  switch (status) {
    case ServingStatus::kUnknown:
      return "UNKNOWN";
    case ServingStatus::kServing:
      return "SERVING";
    case ServingStatus::kNotServing:
      return "NOT_SERVING";
    case ServingStatus::kServiceUnknown:
      return "SERVICE_UNKNOWN";
  }
  return "UNKNOWN";
}

std::string EncodeHealthCheckRequest(absl::string_view service) {
  std::string message;
  if (service.empty()) return message;  // as proto3 does with defaults
  AppendVarint(MakeTag(1, kLengthDelimited), message);
  AppendVarint(service.size(), message);
  message.append(service.data(), service.size());
  return message;
}

absl::StatusOr<ServingStatus> DecodeHealthCheckResponse(absl::string_view message) {
  const absl::Status malformed = absl::InvalidArgumentError("not a HealthCheckResponse");
  ServingStatus status = ServingStatus::kUnknown;
  while (!message.empty()) {
    const std::optional<uint64_t> tag = TakeVarint(message);
    if (!tag.has_value() || *tag >> 3 == 0) return malformed;
    if (*tag != MakeTag(1, kVarint)) {
      if (!SkipValue(*tag & 7, message)) return malformed;
      continue;
    }
    const std::optional<uint64_t> value = TakeVarint(message);
    if (!value.has_value()) return malformed;
    status = StatusOf(*value);  // the last one counts
  }
  return status;
}

}  // namespace nines

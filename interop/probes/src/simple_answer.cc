// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "simple_answer.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"

namespace nines {
namespace {

using Kind = SimpleAnswer::Kind;

constexpr absl::string_view kLineEnd = "\r\n";
constexpr absl::string_view kHeadEnd = "\r\n\r\n";

// Far above what any caller has room for, and far below where sizes overflow.
constexpr size_t kMostDigits = 7;

/// Takes a line off the front of `text`, without its end. Nothing if it has none.
std::optional<absl::string_view> TakeLine(absl::string_view& text) {
  const size_t end = text.find(kLineEnd);
  if (end == absl::string_view::npos) return std::nullopt;
  const absl::string_view line = text.substr(0, end);
  text.remove_prefix(end + kLineEnd.size());
  return line;
}

std::optional<size_t> ReadLength(absl::string_view digits) {
  size_t length = 0;
  if (digits.empty() || digits.size() > kMostDigits) return std::nullopt;
  for (const char digit : digits) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(digit))) return std::nullopt;
    length = 10 * length + static_cast<size_t>(digit - '0');
  }
  return length;
}

/// A chunk's length. One with an extension is refused with the rest that is not hexadecimal.
std::optional<size_t> ReadChunkLength(absl::string_view digits) {
  size_t length = 0;
  if (digits.empty() || digits.size() > kMostDigits) return std::nullopt;
  for (const char digit : digits) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(digit))) return std::nullopt;
    const int value = absl::ascii_isdigit(static_cast<unsigned char>(digit))
                          ? digit - '0'
                          : (digit | 0x20) - 'a' + 10;
    length = 16 * length + static_cast<size_t>(value);
  }
  return length;
}

/// "HTTP/1.1 200 OK": the 200. Not of interim answers, which another answer follows.
std::optional<int> ReadStatusLine(absl::string_view line) {
  if (!absl::ConsumePrefix(&line, "HTTP/1.1 ")) return std::nullopt;
  const std::optional<size_t> status = ReadLength(line.substr(0, 3));
  if (!status.has_value() || *status < 200 || *status > 599) return std::nullopt;
  if (line.size() > 3 && line[3] != ' ') return std::nullopt;
  return static_cast<int>(*status);
}

/// What the headers say of where the body ends.
struct Framing {
  std::optional<size_t> length;
  bool is_chunked = false;
};

/// False if the header makes the answer one that is not simple.
bool ReadHeader(absl::string_view line, Framing& framing) {
  const size_t colon = line.find(':');
  // A name does not begin or end with a space: those are folded lines, and attempts to smuggle.
  if (colon == absl::string_view::npos || colon == 0) return false;
  const absl::string_view name = line.substr(0, colon);
  if (name.find_first_of(" \t") != absl::string_view::npos) return false;
  const absl::string_view value = absl::StripAsciiWhitespace(line.substr(colon + 1));
  if (absl::EqualsIgnoreCase(name, "content-length")) {
    if (framing.length.has_value()) return false;
    framing.length = ReadLength(value);
    return framing.length.has_value();
  }
  if (absl::EqualsIgnoreCase(name, "transfer-encoding")) {
    if (framing.is_chunked) return false;
    framing.is_chunked = absl::EqualsIgnoreCase(value, "chunked");
    return framing.is_chunked;
  }
  if (absl::EqualsIgnoreCase(name, "connection")) {
    return absl::EqualsIgnoreCase(value, "keep-alive");
  }
  return !absl::EqualsIgnoreCase(name, "upgrade") && !absl::EqualsIgnoreCase(name, "trailer");
}

Kind ReadChunks(absl::string_view body) {
  for (;;) {
    const std::optional<absl::string_view> line = TakeLine(body);
    if (!line.has_value())
      return body.size() > kMostDigits + 1 ? Kind::kNotSimple : Kind::kIncomplete;
    const std::optional<size_t> length = ReadChunkLength(*line);
    if (!length.has_value()) return Kind::kNotSimple;
    if (body.size() < *length + kLineEnd.size()) return Kind::kIncomplete;
    if (body.substr(*length, kLineEnd.size()) != kLineEnd) return Kind::kNotSimple;
    body.remove_prefix(*length + kLineEnd.size());
    if (*length == 0) return body.empty() ? Kind::kWhole : Kind::kNotSimple;
  }
}

}  // namespace

std::optional<SimpleAnswerHead> ReadSimpleHead(absl::string_view head) {
  const std::optional<absl::string_view> first = TakeLine(head);
  const std::optional<int> status = first.has_value() ? ReadStatusLine(*first) : std::nullopt;
  if (!status.has_value()) return std::nullopt;
  Framing framing;
  for (;;) {
    const std::optional<absl::string_view> line = TakeLine(head);
    if (!line.has_value()) return std::nullopt;
    if (line->empty()) break;
    if (!ReadHeader(*line, framing)) return std::nullopt;
  }
  const bool has_body = *status != 204 && *status != 304;
  if (!head.empty() || (framing.is_chunked && framing.length.has_value())) return std::nullopt;
  if (!has_body) return SimpleAnswerHead{*status, /*is_chunked=*/false, /*length=*/0};
  if (!framing.is_chunked && !framing.length.has_value()) return std::nullopt;
  return SimpleAnswerHead{*status, framing.is_chunked, framing.length.value_or(0)};
}

SimpleAnswer ReadSimpleAnswer(absl::string_view bytes) {
  const size_t end = bytes.find(kHeadEnd);
  if (end == absl::string_view::npos) return {Kind::kIncomplete};
  const size_t head_size = end + kHeadEnd.size();
  const std::optional<SimpleAnswerHead> head = ReadSimpleHead(bytes.substr(0, head_size));
  if (!head.has_value()) return {Kind::kNotSimple};
  const absl::string_view body = bytes.substr(head_size);
  if (head->is_chunked) return {ReadChunks(body), head->status};
  if (body.size() > head->length) return {Kind::kNotSimple};
  return {body.size() == head->length ? Kind::kWhole : Kind::kIncomplete, head->status};
}

}  // namespace nines

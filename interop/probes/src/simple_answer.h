// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <optional>

#include "absl/strings/string_view.h"

namespace nines {

// The answers of HTTP/1.1 that leave no doubt of where they end. Whatever else a server may say is
// not misunderstood here but refused: libcurl then asks anew.

/// What a simple answer may have, headers included; a health page has a few hundred bytes.
inline constexpr size_t kMostSimpleBytes = 4096;

/// How a simple answer begins.
struct SimpleAnswerHead {
  int status = 0;
  bool is_chunked = false;
  size_t length = 0;  // of the body, unless it is chunked
};

/// Reads status line and headers, with the empty line at their end. Nothing if they are not simple:
/// another version, an interim answer, a body whose length is not given or given twice, a header
/// that is folded, a connection that is not kept.
std::optional<SimpleAnswerHead> ReadSimpleHead(absl::string_view head);

struct SimpleAnswer {
  enum class Kind { kIncomplete, kWhole, kNotSimple };
  Kind kind = Kind::kIncomplete;
  int status = 0;  // of one that is whole
};

/// Reads an answer from its first byte on. One that is whole has nothing behind it.
SimpleAnswer ReadSimpleAnswer(absl::string_view bytes);

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "config/config_errors.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace nines {
namespace {

// The longest piece of a config that is shown in a message: a line of a terminal still fits it.
constexpr size_t kMaxQuoted = 64;

bool IsWord(absl::string_view key) {
  return !key.empty() && key.size() <= kMaxQuoted &&
         std::all_of(key.begin(), key.end(),
                     [](char c) { return absl::ascii_isalnum(c) || c == '_' || c == '-'; });
}

// The longest prefix of at most kMaxQuoted bytes that does not cut a UTF-8 sequence.
absl::string_view Shortened(absl::string_view text) {
  if (text.size() <= kMaxQuoted) return text;
  size_t end = kMaxQuoted;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

void ConfigErrors::Add(absl::string_view path, absl::string_view problem) {
  if (++count_ > kMaxReported) return;
  lines_.push_back(absl::StrCat(path.empty() ? subject_ : path, ": ", problem));
}

void ConfigErrors::AddAt(size_t offset, absl::string_view path, absl::string_view problem) {
  Add(path, problem);
  if (!text_.has_value() || count_ > kMaxReported) return;
  lines_.back() = absl::StrCat(LineAndColumn(*text_, offset), ": ", lines_.back());
}

absl::Status ConfigErrors::ToStatus() const {
  if (empty()) return absl::OkStatus();
  std::string message = absl::StrJoin(lines_, "\n");
  if (count_ > lines_.size()) {
    absl::StrAppend(&message, "\nand ", count_ - lines_.size(), " more");
  }
  return absl::InvalidArgumentError(message);
}

std::string LineAndColumn(absl::string_view text, size_t offset) {
  const absl::string_view before = text.substr(0, offset);
  const size_t line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t line_begin = before.rfind('\n');
  const size_t column =
      line_begin == absl::string_view::npos ? before.size() : before.size() - line_begin - 1;
  return absl::StrCat("line ", line, ", column ", column + 1);
}

std::string MemberPath(absl::string_view path, absl::string_view key) {
  if (!IsWord(key)) return absl::StrCat(path, "[", Quoted(key), "]");
  return absl::StrCat(path, path.empty() ? "" : ".", key);
}

std::string ElementPath(absl::string_view path, size_t index) {
  return absl::StrCat(path, "[", index, "]");
}

std::string Quoted(absl::string_view text) {
  const absl::string_view shown = Shortened(text);
  return absl::StrCat("\"", absl::Utf8SafeCHexEscape(shown),
                      shown.size() < text.size() ? "…\"" : "\"");
}

}  // namespace nines

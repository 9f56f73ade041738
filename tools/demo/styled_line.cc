// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "styled_line.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace nines::demo {
namespace {

absl::string_view Escape(Style style) {
  switch (style) {
    case Style::kPlain:
      return "";
    case Style::kBold:
      return "\x1b[1m";
    case Style::kDim:
      return "\x1b[2m";
    case Style::kGood:
      return "\x1b[32m";
    case Style::kWarning:
      return "\x1b[33m";
    case Style::kBad:
      return "\x1b[31m";
  }
  return "";
}

std::string Cut(std::string text, size_t width) {
  constexpr absl::string_view kCutOff = "..";
  if (text.size() <= width) return text;
  if (width < kCutOff.size()) return text.substr(0, width);
  return absl::StrCat(text.substr(0, width - kCutOff.size()), kCutOff);
}

}  // namespace

StyledLine& StyledLine::Append(absl::string_view text, Style style) {
  pieces_.push_back({std::string(text), style});
  return *this;
}

std::string StyledLine::Text() const {
  std::string text;
  for (const Piece& piece : pieces_) text += piece.text;
  return text;
}

std::string StyledLine::ForTerminal(size_t width) const {
  constexpr absl::string_view kReset = "\x1b[0m";
  const std::string visible = Cut(Text(), width);
  std::string text;
  size_t done = 0;
  for (const Piece& piece : pieces_) {
    const std::string part = visible.substr(std::min(done, visible.size()), piece.text.size());
    done += piece.text.size();
    const absl::string_view escape = Escape(piece.style);
    absl::StrAppend(&text, escape, part, escape.empty() ? "" : kReset);
  }
  return text;
}

}  // namespace nines::demo

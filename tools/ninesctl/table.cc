// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "ninesctl/table.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "ninesctl/console.h"

namespace nines::ctl {
namespace {

// Characters, which take one place each but for scripts that no field of ours has.
size_t Width(const std::string& text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

const char* ColorCode(Tone tone) {
  switch (tone) {
    case Tone::kGood:
      return "\x1B[32m";
    case Tone::kBad:
      return "\x1B[31m";
    case Tone::kFaint:
      return "\x1B[2m";
    case Tone::kPlain:
      break;
  }
  return "";
}

std::string Padded(const Table::Cell& cell, const Table::Column& column, size_t width,
                   bool has_color) {
  const std::string text = Printable(cell.text);
  const std::string padding(width - Width(text), ' ');
  const std::string toned = Toned(text, cell.tone, has_color);
  return column.align == Table::Align::kLeft ? toned + padding : padding + toned;
}

}  // namespace

std::string Toned(const std::string& text, Tone tone, bool has_color) {
  if (!has_color || tone == Tone::kPlain || text.empty()) return text;
  return absl::StrCat(ColorCode(tone), text, "\x1B[0m");
}

std::string Table::Render(bool has_color) const {
  if (rows_.empty()) return "";
  std::vector<size_t> widths(columns_.size(), 0);  // 0: left out
  for (const Row& row : rows_) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      widths[i] = std::max(widths[i], Width(Printable(row[i].text)));
    }
  }
  Row titles;
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (widths[i] != 0) widths[i] = std::max(widths[i], Width(columns_[i].title));
    titles.emplace_back(columns_[i].title, Tone::kFaint);
  }
  std::string text;
  const auto add_line = [&](const Row& row) {
    std::string line;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (widths[i] == 0) continue;
      absl::StrAppend(&line, line.empty() ? "" : "  ",
                      Padded(row[i], columns_[i], widths[i], has_color));
    }
    absl::StrAppend(&text, absl::StripTrailingAsciiWhitespace(line), "\n");
  };
  add_line(titles);
  for (const Row& row : rows_) add_line(row);
  return text;
}

}  // namespace nines::ctl

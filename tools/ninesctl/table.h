// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <utility>
#include <vector>

namespace nines::ctl {

/// What a cell says, shown by colour where there is any.
enum class Tone { kPlain, kGood, kBad, kFaint };

/// `text` in the colour of `tone`, or as it is.
std::string Toned(const std::string& text, Tone tone, bool has_color);

/// Text in columns, for people. Thread-compatible.
class Table final {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };
  struct Cell {
    // NOLINTNEXTLINE(google-explicit-constructor): most cells are plain text
    Cell(std::string cell_text, Tone cell_tone = Tone::kPlain)
        : text(std::move(cell_text)), tone(cell_tone) {}
    std::string text;
    Tone tone;
  };
  using Row = std::vector<Cell>;

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// REQUIRES: a cell for each column.
  void Add(Row row) { rows_.push_back(std::move(row)); }

  /// A line of titles, then a line for each row, and nothing without rows; columns that are empty
  /// in every row are left out. Cells are made Printable().
  std::string Render(bool has_color) const;

 private:
  const std::vector<Column> columns_;
  std::vector<Row> rows_;
};

}  // namespace nines::ctl

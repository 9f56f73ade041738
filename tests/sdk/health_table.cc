// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health_table.h"

#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace nines {
namespace {

constexpr absl::string_view kHead = "| in | input | becomes | events | reason |";

std::vector<std::string> WordsOf(absl::string_view cell) {
  std::vector<std::string> words;
  for (const absl::string_view word : absl::StrSplit(cell, ',', absl::SkipWhitespace())) {
    words.emplace_back(absl::StripAsciiWhitespace(word));
  }
  return words;
}

// The cells between the first and the last '|' of a line.
std::vector<std::string> CellsOf(absl::string_view line) {
  std::vector<std::string> cells;
  for (const absl::string_view cell : absl::StrSplit(line, '|')) {
    cells.emplace_back(absl::StripAsciiWhitespace(cell));
  }
  if (cells.size() < 2) return {};
  return {cells.begin() + 1, cells.end() - 1};
}

// The rows below the head and its rule, up to the first line that is none.
std::vector<std::string> RowsOf(absl::string_view document) {
  std::vector<std::string> rows;
  bool is_in_table = false;
  for (const absl::string_view line : absl::StrSplit(document, '\n')) {
    if (line == kHead) {
      is_in_table = true;
    } else if (is_in_table && !absl::StartsWith(line, "|")) {
      break;
    } else if (is_in_table && !absl::StartsWith(line, "|---")) {
      rows.emplace_back(line);
    }
  }
  return rows;
}

class Parser {
 public:
  Parser(const std::set<std::string>& states, const std::set<std::string>& inputs)
      : states_(states), inputs_(inputs) {}

  void AddRow(const std::string& row) {
    const std::vector<std::string> cells = CellsOf(row);
    if (cells.size() != 5 || cells[2].empty()) {
      problems_.push_back(absl::StrCat("not a row of five cells: ", row));
      return;
    }
    for (const std::string& state : WordsOf(cells[0])) {
      for (const std::string& input : WordsOf(cells[1])) {
        AddPair({state, input, cells[2], WordsOf(cells[3]), cells[4]});
      }
    }
  }

  absl::StatusOr<std::vector<HealthTransition>> Finish() && {
    for (const std::string& state : states_) {
      for (const std::string& input : inputs_) {
        if (seen_.count({state, input}) == 0) {
          problems_.push_back(absl::StrCat(state, " × ", input, ": missing"));
        }
      }
    }
    if (problems_.empty()) return std::move(transitions_);
    return absl::InvalidArgumentError(absl::StrJoin(problems_, "\n"));
  }

 private:
  void AddPair(HealthTransition pair) {
    const std::string name = absl::StrCat(pair.state, " × ", pair.input);
    if (states_.count(pair.state) == 0) problems_.push_back(absl::StrCat(name, ": which state?"));
    if (inputs_.count(pair.input) == 0) problems_.push_back(absl::StrCat(name, ": which input?"));
    if (!seen_.insert({pair.state, pair.input}).second) {
      problems_.push_back(absl::StrCat(name, ": twice"));
    }
    transitions_.push_back(std::move(pair));
  }

  const std::set<std::string>& states_;
  const std::set<std::string>& inputs_;
  std::vector<HealthTransition> transitions_;
  std::set<std::pair<std::string, std::string>> seen_;
  std::vector<std::string> problems_;
};

}  // namespace

absl::StatusOr<std::vector<HealthTransition>> ParseHealthTable(
    absl::string_view document, const std::set<std::string>& states,
    const std::set<std::string>& inputs) {
  Parser parser(states, inputs);
  for (const std::string& row : RowsOf(document)) parser.AddRow(row);
  return std::move(parser).Finish();
}

}  // namespace nines

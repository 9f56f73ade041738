// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "report.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace nines::bench {
namespace {

// Three digits that mean something.
std::string Number(double value) {
  if (std::isinf(value)) return "never";
  if (value == std::floor(value) && value < 1e6) return absl::StrFormat("%.0f", value);
  if (value >= 99.95) return absl::StrFormat("%.0f", value);
  if (value >= 9.995) return absl::StrFormat("%.1f", value);
  return absl::StrFormat("%.2f", value);
}

std::string Figure(double value, const std::string& unit) {
  if (std::isinf(value) || unit.empty()) return Number(value);
  return absl::StrCat(Number(value), " ", unit);
}

std::string Goal(const Finding& finding) {
  const char* sign = finding.bound == Finding::Bound::kAtMost  ? "<= "
                     : finding.bound == Finding::Bound::kBelow ? "< "
                                                               : ">= ";
  return absl::StrCat(sign, Figure(finding.limit, finding.unit));
}

std::string Verdict(const Finding& finding) {
  if (!finding.left_out.empty()) return "left out";
  return finding.is_met() ? "met" : "SHORT";
}

std::string Line(const std::string& row, const Finding& finding) {
  const bool is_measured = finding.left_out.empty();
  std::string line = absl::StrFormat(
      "%-11s %-54s %10s  %-10s %-8s %s", row, finding.title,
      is_measured ? Figure(finding.measured, finding.unit) : "-", Goal(finding), Verdict(finding),
      is_measured && finding.stock ? Figure(*finding.stock, finding.unit) : "-");
  absl::StripTrailingAsciiWhitespace(&line);
  return line;
}

std::string FloorNote(const std::string& row, const Finding& finding) {
  return absl::StrCat(row, ": ", finding.title, ": the floor in the same run is ",
                      Figure(*finding.floor, finding.unit), "\n");
}

std::string JsonNumber(std::optional<double> value) {
  return value && std::isfinite(*value) ? absl::StrFormat("%.6g", *value) : "null";
}

std::string JsonString(const std::string& text) {
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
}

std::string JsonObject(const std::string& row, const Finding& finding) {
  const char* bound = finding.bound == Finding::Bound::kAtMost  ? "at_most"
                      : finding.bound == Finding::Bound::kBelow ? "below"
                                                                : "at_least";
  std::string object = absl::StrFormat(
      R"({"row": %s, "title": %s, "bound": "%s", "limit": %s, "unit": %s)", JsonString(row),
      JsonString(finding.title), bound, JsonNumber(finding.limit), JsonString(finding.unit));
  if (!finding.left_out.empty()) {
    return absl::StrCat(object, R"(, "left_out": )", JsonString(finding.left_out), "}");
  }
  return absl::StrCat(
      object, R"(, "measured": )", JsonNumber(finding.measured), R"(, "stock": )",
      JsonNumber(finding.stock),
      finding.floor ? absl::StrCat(R"(, "floor": )", JsonNumber(finding.floor)) : "",
      R"(, "met": )", finding.is_met() ? "true" : "false", "}");
}

}  // namespace

bool Finding::is_met() const {
  if (!left_out.empty()) return false;
  switch (bound) {
    case Bound::kAtMost:
      return measured <= limit;
    case Bound::kBelow:
      return measured < limit;
    case Bound::kAtLeast:
      return measured >= limit;
  }
  return false;
}

bool Report::MeetsGoals() const {
  return std::all_of(rows.begin(), rows.end(), [](const RowFindings& row) {
    return std::all_of(row.findings.begin(), row.findings.end(), [](const Finding& finding) {
      return finding.is_met() || !finding.left_out.empty();
    });
  });
}

std::string Report::ToText() const {
  std::string text = absl::StrFormat("%-11s %-54s %10s  %-10s %-8s %s\n", "row", "", "nines",
                                     "goal", "", "stock gRPC");
  std::vector<std::string> notes;
  for (const RowFindings& row : rows) {
    for (const Finding& finding : row.findings) {
      absl::StrAppend(&text, Line(row.row, finding), "\n");
      if (finding.floor) notes.push_back(FloorNote(row.row, finding));
      for (const std::string& note : finding.notes) {
        notes.push_back(absl::StrCat(row.row, ": ", note, "\n"));
      }
      if (!finding.left_out.empty()) {
        notes.push_back(absl::StrCat(row.row, " is left out: ", finding.left_out, "\n"));
      }
    }
  }
  // What holds for several findings is said once.
  notes.erase(std::unique(notes.begin(), notes.end()), notes.end());
  return absl::StrCat(text, absl::StrJoin(notes, ""));
}

std::string Report::ToJson() const {
  std::vector<std::string> objects;
  for (const RowFindings& row : rows) {
    for (const Finding& finding : row.findings) objects.push_back(JsonObject(row.row, finding));
  }
  return absl::StrCat("{\"findings\": [", absl::StrJoin(objects, ", "),
                      "], \"goals_met\": ", MeetsGoals() ? "true" : "false", "}\n");
}

}  // namespace nines::bench

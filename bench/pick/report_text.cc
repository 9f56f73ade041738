// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "goals.h"
#include "report.h"
#include "systems.h"

namespace nines::bench {
namespace {

// Three digits that mean something, and no exponent.
std::string Short(double value) {
  if (value == 0) return "0";
  if (value >= 99.95) return absl::StrFormat("%.0f", value);
  if (value >= 9.995) return absl::StrFormat("%.1f", value);
  if (value >= 0.9995) return absl::StrFormat("%.2f", value);
  return absl::StrFormat("%.3f", value);
}

std::string MedianAt(const FigureBySize& figures, size_t size) {
  const auto found = figures.find(size);
  return found == figures.end() ? "-" : absl::StrFormat("%.1f", found->second.median);
}

std::string RatioAt(const FigureBySize& figures, const FigureBySize& to, size_t size) {
  const auto above = figures.find(size);
  const auto below = to.find(size);
  if (above == figures.end() || below == to.end()) return "-";
  return absl::StrFormat("%.2f", above->second.median / below->second.median);
}

template <typename T>
std::string ShortOr(const std::optional<T>& value, double (*read)(const T&)) {
  return value ? Short(read(*value)) : "-";
}

double Median(const Figure& figure) { return figure.median; }
double Microseconds(const ChangeCost& cost) { return cost.ns.median / 1000; }
double Mebibytes(const double& bytes) { return bytes / (1 << 20); }

std::string WidestSpread(const FigureBySize& figures) {
  double widest = 0;
  for (const auto& [size, figure] : figures) widest = std::max(widest, figure.spread_ratio());
  return figures.empty() ? "-" : absl::StrFormat("%.0f", widest * 100);
}

// Columns: the title is left-aligned, numbers are right-aligned.
constexpr size_t kTitleWidth = 30;
constexpr size_t kWidths[] = {8, 8, 8, 8, 4, 8, 8, 8, 8, 8, 6, 9, 9, 8};
using Cells = std::array<std::string, std::size(kWidths)>;

size_t CharactersIn(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;  // no character begins with such a byte
  }));
}

std::string Line(const std::string& title, const Cells& cells) {
  std::string line = absl::StrCat(
      title, std::string(kTitleWidth - std::min(kTitleWidth, CharactersIn(title)), ' '));
  for (size_t i = 0; i < cells.size(); ++i) {
    const size_t width = CharactersIn(cells[i]);
    line.append(kWidths[i] - std::min(kWidths[i], width), ' ');
    line.append(cells[i]);
  }
  return line;
}

std::string Header() {
  return absl::StrCat(Line("", {"pick, ns", "", "", "", "", "÷ hash", "", "pick +", "pick +",
                                "2 thr.", "rate", "health", "members", "heap"}),
                      "\n",
                      Line("system", {"n = 10", "1,000", "10,000", "100,000", "±%", "1,000",
                                      "10,000", "drop", "report", "ns", "÷ 1", "µs", "ms", "MiB"}));
}

std::string Row(const SystemResults& system, const FigureBySize& hash) {
  return Line(system.title,
              {MedianAt(system.pick_ns, 10), MedianAt(system.pick_ns, 1'000),
               MedianAt(system.pick_ns, 10'000), MedianAt(system.pick_ns, 100'000),
               WidestSpread(system.pick_ns), RatioAt(system.pick_ns, hash, 1'000),
               RatioAt(system.pick_ns, hash, 10'000), MedianAt(system.pick_and_drop_ns, 1'000),
               MedianAt(system.pick_and_report_ns, 1'000), ShortOr(system.two_threads_ns, Median),
               ShortOr(system.speed_up, Median), ShortOr(system.health_change, Microseconds),
               ShortOr(system.membership_ms, Median), ShortOr(system.heap_bytes, Mebibytes)});
}

bool HasFigures(const SystemResults& system) {
  return !system.pick_ns.empty() || system.speed_up || system.health_change;
}

std::string Table(const Results& results) {
  const SystemResults* hash = results.Find(kHash);
  std::string table;
  for (const SystemResults& system : results.systems) {
    if (!HasFigures(system)) continue;
    absl::StrAppend(&table, Row(system, hash == nullptr ? FigureBySize() : hash->pick_ns), "\n");
  }
  return table.empty() ? "" : absl::StrCat(Header(), "\n", table);
}

std::string GoalLine(const Goal& goal) {
  const std::string unit = goal.unit.empty() ? "" : absl::StrCat(" ", goal.unit);
  return absl::StrCat(
      goal.is_met() ? "  met     " : "  MISSED  ", goal.title, ": ", Short(goal.measured), unit,
      " (goal: ", goal.bound == Goal::Bound::kAtMost ? "<= " : ">= ", goal.limit, unit, ")");
}

// "report alone, ns, n = 1,000: nines hash 6.1, nines random 6.2".
std::string ReportLine(const Results& results) {
  std::vector<std::string> costs;
  for (const SystemResults& system : results.systems) {
    const auto found = system.report_ns.find(kUsualSize);
    if (found == system.report_ns.end()) continue;
    costs.push_back(absl::StrCat(system.title, " ", Short(found->second.median)));
  }
  if (costs.empty()) return "";
  return absl::StrCat("report alone, ns, n = 1,000: ", absl::StrJoin(costs, "; "), "\n");
}

void AppendDetails(const Results& results, std::string& text) {
  absl::StrAppend(&text, ReportLine(results));
  if (results.tail) {
    absl::StrAppend(&text, "p99.99 of single picks, clock reading included: quiet ",
                    Short(results.tail->quiet_ns.median), " ns, while the membership changes ",
                    Short(results.tail->changing_ns.median), " ns\n");
  }
  if (results.memory) {
    absl::StrAppend(&text, "heap that a balancer keeps of an endpoint, bar the table: ",
                    Short(results.memory->heap_per_endpoint), " B\n");
  }
  if (results.grpc) {
    absl::StrAppend(&text, "unary calls per second through a channel: stock round_robin ",
                    Short(results.grpc->stock), ", nines hash ", Short(results.grpc->nines),
                    "; their ratio is between ", Short(results.grpc->ratio_low), " and ",
                    Short(results.grpc->ratio_high), " with 95 % confidence\n");
  }
}

}  // namespace

std::string ToText(const Results& results) {
  std::string text = absl::StrCat("medians of ", results.rounds, " rounds; ", results.machine, "\n",
                                  Table(results));
  AppendDetails(results, text);
  for (const std::string& note : results.notes) absl::StrAppend(&text, note, "\n");
  for (const Goal& goal : JudgeGoals(results)) absl::StrAppend(&text, GoalLine(goal), "\n");
  return text;
}

bool MeetsGoals(const Results& results) {
  const std::vector<Goal> goals = JudgeGoals(results);
  return std::all_of(goals.begin(), goals.end(), [](const Goal& goal) { return goal.is_met(); });
}

}  // namespace nines::bench

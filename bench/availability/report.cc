// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "report.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace nines::bench {
namespace {

double Milliseconds(absl::Duration duration) { return absl::ToDoubleMilliseconds(duration); }

double Quantile(const Measurement& measurement, double quantile) {
  return Milliseconds(measurement.tally.latency.Quantile(quantile));
}

bool MeetsGoals(const Measurement& measurement) {
  if (measurement.contender != Contender::kNines) return true;
  if (measurement.tally.failed > 0) return false;
  return !measurement.goals.p99 ||
         measurement.tally.latency.Quantile(0.99) <= *measurement.goals.p99;
}

bool MeetsGoals(const Throughput& throughput) {
  return !throughput.goal || throughput.ratio.median >= *throughput.goal;
}

bool MeetsGoals(const Figure& figure) {
  return figure.contender != Contender::kNines || figure.value <= figure.limit;
}

std::string Verdict(bool is_met, const std::string& goal) {
  return absl::StrCat(goal, is_met ? ": met" : ": MISSED");
}

std::string GoalText(const Measurement& measurement) {
  if (measurement.contender != Contender::kNines) return "";
  std::string goal = "0 failed";
  if (measurement.goals.p99) {
    absl::StrAppend(&goal, ", p99 <= ", Milliseconds(*measurement.goals.p99), " ms");
  }
  return Verdict(MeetsGoals(measurement), goal);
}

std::string TextLine(const Measurement& m) {
  const double failed_percent = 100 - m.tally.AvailabilityPercent();
  std::string line =
      absl::StrFormat("%-30s %-6s %7d %7d %6.2f %% %8.2f %8.2f %8.2f  %s", m.title,
                      ContenderName(m.contender), m.tally.made, m.tally.failed, failed_percent,
                      Quantile(m, 0.5), Quantile(m, 0.99), Quantile(m, 0.999), GoalText(m));
  absl::StripTrailingAsciiWhitespace(&line);
  if (m.tally.failed > 0) absl::StrAppend(&line, "\n    last error: ", m.tally.last_error);
  return line;
}

std::string TextLine(const Throughput& t) {
  std::string line =
      absl::StrFormat("%-30s %8.0f %8.3f   %.3f to %.3f  %s", t.client, t.calls_per_second,
                      t.ratio.median, t.ratio.low, t.ratio.high,
                      t.goal ? Verdict(MeetsGoals(t), absl::StrCat("ratio >= ", *t.goal)) : "");
  absl::StripTrailingAsciiWhitespace(&line);
  return line;
}

std::string TextLine(const Figure& f) {
  std::string line = absl::StrFormat(
      "%-42s %-6s %10.3f  %s", f.title, ContenderName(f.contender), f.value,
      f.contender == Contender::kNines ? Verdict(MeetsGoals(f), absl::StrCat("<= ", f.limit)) : "");
  absl::StripTrailingAsciiWhitespace(&line);
  return line;
}

std::string JsonObject(const Figure& f) {
  return absl::StrFormat(
      R"({"scenario": "%s", "figure": "%s", "client": "%s", "value": %.4f, "goals_met": %s})",
      f.scenario, f.title, ContenderName(f.contender), f.value, MeetsGoals(f) ? "true" : "false");
}

std::string JsonObject(const Throughput& t) {
  return absl::StrFormat(R"({"client": "%s", "calls_per_second": %.1f, "ratio": %.4f, )"
                         R"("ratio_low": %.4f, "ratio_high": %.4f, "goals_met": %s})",
                         t.client, t.calls_per_second, t.ratio.median, t.ratio.low, t.ratio.high,
                         MeetsGoals(t) ? "true" : "false");
}

std::string JsonObject(const Measurement& m) {
  return absl::StrFormat(
      R"({"scenario": "%s", "client": "%s", "calls": %d, "failed": %d, "p50_ms": %.3f, )"
      R"("p99_ms": %.3f, "p999_ms": %.3f, "goals_met": %s})",
      m.name, ContenderName(m.contender), m.tally.made, m.tally.failed, Quantile(m, 0.5),
      Quantile(m, 0.99), Quantile(m, 0.999), MeetsGoals(m) ? "true" : "false");
}

}  // namespace

bool Report::MeetsGoals() const {
  for (const Measurement& measurement : measurements) {
    if (!bench::MeetsGoals(measurement)) return false;
  }
  for (const Figure& figure : figures) {
    if (!bench::MeetsGoals(figure)) return false;
  }
  for (const Throughput& throughput : throughputs) {
    if (!bench::MeetsGoals(throughput)) return false;
  }
  return true;
}

std::string Report::ToText() const {
  std::string text;
  if (!measurements.empty()) {
    absl::StrAppendFormat(&text, "%-30s %-6s %7s %7s %8s %8s %8s %8s  %s\n", "fault", "client",
                          "calls", "failed", "", "p50 ms", "p99 ms", "p99.9 ms", "goal");
  }
  for (const Measurement& measurement : measurements) {
    absl::StrAppend(&text, TextLine(measurement), "\n");
  }
  if (!figures.empty()) {
    absl::StrAppendFormat(&text, "%-42s %-6s %10s  %s\n", "figure", "client", "", "goal");
  }
  for (const Figure& figure : figures) absl::StrAppend(&text, TextLine(figure), "\n");
  if (!throughputs.empty()) {
    absl::StrAppendFormat(&text, "%-30s %8s %8s   %-14s  %s\n", "unary calls", "per s", "ratio",
                          "95 % interval", "goal");
  }
  for (const Throughput& throughput : throughputs) {
    absl::StrAppend(&text, TextLine(throughput), "\n");
  }
  return text;
}

std::string Report::ToJson() const {
  std::vector<std::string> objects;
  for (const Measurement& measurement : measurements) objects.push_back(JsonObject(measurement));
  std::string json = absl::StrCat("{\"scenarios\": [", absl::StrJoin(objects, ", "), "]");
  if (!figures.empty()) {
    objects.clear();
    for (const Figure& figure : figures) objects.push_back(JsonObject(figure));
    absl::StrAppend(&json, ", \"figures\": [", absl::StrJoin(objects, ", "), "]");
  }
  if (!throughputs.empty()) {
    objects.clear();
    for (const Throughput& throughput : throughputs) objects.push_back(JsonObject(throughput));
    absl::StrAppend(&json, ", \"throughput\": [", absl::StrJoin(objects, ", "), "]");
  }
  return absl::StrCat(json, ", \"goals_met\": ", MeetsGoals() ? "true" : "false", "}\n");
}

}  // namespace nines::bench

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "run_rows.h"

#include <cstdio>
#include <string>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/status/statusor.h"
#include "report.h"

ABSL_FLAG(std::vector<std::string>, rows, {}, "which rows to measure; default: all");
ABSL_FLAG(int, trials, 3, "how often nines is put to each test, of which the worst counts");
ABSL_FLAG(bool, json, false, "print JSON instead of the table");

namespace nines::bench {
namespace {

absl::StatusOr<std::vector<Row>> WantedRows(const std::vector<Row>& all) {
  if (absl::GetFlag(FLAGS_trials) < 1) {
    return absl::InvalidArgumentError("--trials must be at least 1");
  }
  return SelectRows(all, absl::GetFlag(FLAGS_rows));
}

/// Measures into `report`, as far as it gets.
absl::Status Measure(const std::vector<Row>& rows, const RowOptions& options, Report& report) {
  for (const Row& row : rows) {
    std::fprintf(stderr, "measuring: %s\n", row.title.c_str());
    absl::StatusOr<std::vector<Finding>> findings = row.measure(options);
    if (!findings.ok()) return findings.status();
    report.rows.push_back({row.name, *std::move(findings)});
  }
  return absl::OkStatus();
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 2;
}

}  // namespace

int RunRows(const std::vector<Row>& all, absl::Status own_network) {
  const absl::StatusOr<std::vector<Row>> rows = WantedRows(all);
  if (!rows.ok()) return Fail(rows.status());
  Report report;
  const absl::Status status =
      Measure(*rows, {.trials = absl::GetFlag(FLAGS_trials), .own_network = std::move(own_network)},
              report);
  // Also what came before an error: it took minutes.
  std::fputs((absl::GetFlag(FLAGS_json) ? report.ToJson() : report.ToText()).c_str(), stdout);
  if (!status.ok()) return Fail(status);
  return report.MeetsGoals() ? 0 : 1;
}

}  // namespace nines::bench

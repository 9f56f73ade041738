// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What retries and hedges are worth, and what they cost: every number that nines has set itself, on
// this machine, without gRPC and without a network. Exit status 0: all were reached; 1: one was
// missed; 2: the run itself failed.

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "report.h"
#include "rows.h"

ABSL_FLAG(std::vector<std::string>, rows, {}, "which rows to measure; default: all");
ABSL_FLAG(int, trials, 3, "how often each is measured where that is quick; the worst counts");
ABSL_FLAG(bool, json, false, "print JSON instead of the table");

namespace nines::bench {

std::vector<Row> AllRetryRows() {
  return {
      {"cost", "calls without and with a retry", MeasureCost},
      {"one_bad", "one endpoint fails every call", MeasureOneBad},
      {"outage", "all endpoints fail for 10 s", MeasureOutage},
      {"tail", "1 % of the attempts take 1 s", MeasureTail},
      {"deadline", "attempts that take longer than their calls may", MeasureDeadline},
  };
}

namespace {

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 2;
}

int Run() {
  const auto rows = SelectRows(AllRetryRows(), absl::GetFlag(FLAGS_rows));
  if (!rows.ok()) return Fail(rows.status());
  Report report;
  for (const Row& row : *rows) {
    std::fprintf(stderr, "measuring: %s\n", row.title.c_str());
    auto findings =
        row.measure({.trials = absl::GetFlag(FLAGS_trials), .own_network = absl::OkStatus()});
    if (!findings.ok()) return Fail(findings.status());
    report.rows.push_back({row.name, *std::move(findings)});
  }
  std::fputs((absl::GetFlag(FLAGS_json) ? report.ToJson() : report.ToText()).c_str(), stdout);
  return report.MeetsGoals() ? 0 : 1;
}

}  // namespace
}  // namespace nines::bench

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("Retries: every number nines has to reach");
  absl::ParseCommandLine(argc, argv);
  return nines::bench::Run();
}

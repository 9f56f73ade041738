// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// How many calls fail, and how long they take, while real backends die, hang and answer errors:
// nines beside stock gRPC at its best, on this machine, in one run. Exit status 0: nines reached
// every goal; 1: it missed one; 2: the run itself failed.

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "contender.h"
#include "flags/program_flags.h"
#include "report.h"
#include "scenarios.h"
#include "testbed/dns_server.h"
#include "throughput.h"

ABSL_FLAG(std::vector<std::string>, scenarios,
          (std::vector<std::string>{"kill", "hang", "hang_and_errors", "errors", "most_errors",
                                    "two_attempts", "first_retry", "all_failing", "deadlines",
                                    "slow_calls", "throughput"}),
          "which to run");
ABSL_FLAG(std::vector<std::string>, clients, (std::vector<std::string>{"stock", "nines"}),
          "whose faults to run");
ABSL_FLAG(double, seconds, 12, "length of each fault scenario; the fault takes its middle half");
ABSL_FLAG(double, rate, 1000, "calls per second of each fault scenario");
ABSL_FLAG(uint64_t, calls, 100000, "calls of scenario two_attempts, of each fleet and client");
ABSL_FLAG(int, rounds, 600, "rounds of 50 ms of each client in scenario throughput");
ABSL_FLAG(bool, json, false, "print JSON instead of the table");

namespace nines::bench {
namespace {

bool Contains(const std::vector<std::string>& words, absl::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool IsWanted(absl::string_view scenario) {
  return Contains(absl::GetFlag(FLAGS_scenarios), scenario);
}

std::vector<Contender> WantedContenders() {
  std::vector<Contender> contenders;
  for (Contender contender : {Contender::kStock, Contender::kNines}) {
    if (Contains(absl::GetFlag(FLAGS_clients), ContenderName(contender))) {
      contenders.push_back(contender);
    }
  }
  return contenders;
}

void SayWhatRuns(absl::string_view title, absl::string_view client) {
  std::fprintf(stderr, "running: %s, %s\n", std::string(title).c_str(),
               std::string(client).c_str());
}

absl::Status MeasureFaults(testbed::DnsServer& dns, Report& report) {
  FaultRun run;
  run.length = absl::Seconds(absl::GetFlag(FLAGS_seconds));
  run.calls_per_second = absl::GetFlag(FLAGS_rate);
  for (const FaultScenario& scenario : FaultScenarios()) {
    if (!IsWanted(scenario.name)) continue;
    for (Contender contender : WantedContenders()) {
      SayWhatRuns(scenario.title, ContenderName(contender));
      const absl::StatusOr<testbed::CallTally> tally = RunFault(scenario, contender, run, dns);
      if (!tally.ok()) return tally.status();
      report.measurements.push_back(
          {scenario.name, scenario.title, contender, *tally, scenario.goals});
    }
  }
  return absl::OkStatus();
}

absl::Status MeasureTwoAttempts(testbed::DnsServer& dns, Report& report) {
  if (!IsWanted("two_attempts")) return absl::OkStatus();
  for (const size_t backends : {2, 3, 5, 10}) {
    const std::string title = absl::StrCat("1 of ", backends, " UNAVAILABLE, 2 attempts");
    for (Contender contender : WantedContenders()) {
      SayWhatRuns(title, ContenderName(contender));
      const absl::StatusOr<testbed::CallTally> tally =
          RunTwoAttempts(contender, absl::GetFlag(FLAGS_calls), backends, dns);
      if (!tally.ok()) return tally.status();
      report.measurements.push_back({"two_attempts", title, contender, *tally, Goals()});
    }
  }
  return absl::OkStatus();
}

struct FigureScenario {
  absl::string_view name;
  absl::StatusOr<std::vector<Figure>> (*run)(Contender contender, testbed::DnsServer& dns);
};

absl::Status MeasureFigures(testbed::DnsServer& dns, Report& report) {
  for (const FigureScenario& scenario :
       {FigureScenario{"first_retry", RunFirstRetry}, FigureScenario{"all_failing", RunAllFailing},
        FigureScenario{"deadlines", RunDeadlines}, FigureScenario{"slow_calls", RunSlowCalls}}) {
    if (!IsWanted(scenario.name)) continue;
    for (Contender contender : WantedContenders()) {
      SayWhatRuns(scenario.name, ContenderName(contender));
      const absl::StatusOr<std::vector<Figure>> figures = scenario.run(contender, dns);
      if (!figures.ok()) return figures.status();
      report.figures.insert(report.figures.end(), figures->begin(), figures->end());
    }
  }
  return absl::OkStatus();
}

absl::Status MeasureThroughput(testbed::DnsServer& dns, Report& report) {
  if (!IsWanted("throughput")) return absl::OkStatus();
  SayWhatRuns("throughput", "all in turns");
  ThroughputRun run;
  run.rounds = absl::GetFlag(FLAGS_rounds);
  absl::StatusOr<std::vector<Throughput>> throughputs = RunThroughput(run, dns);
  if (!throughputs.ok()) return throughputs.status();
  report.throughputs = *std::move(throughputs);
  return absl::OkStatus();
}

absl::StatusOr<Report> Measure() {
  const absl::StatusOr<std::unique_ptr<testbed::DnsServer>> dns = testbed::DnsServer::Start();
  if (!dns.ok()) return dns.status();
  Report report;
  if (absl::Status status = MeasureFaults(**dns, report); !status.ok()) return status;
  if (absl::Status status = MeasureTwoAttempts(**dns, report); !status.ok()) return status;
  if (absl::Status status = MeasureFigures(**dns, report); !status.ok()) return status;
  if (absl::Status status = MeasureThroughput(**dns, report); !status.ok()) return status;
  return report;
}

int Run() {
  const absl::StatusOr<Report> report = Measure();
  if (!report.ok()) {
    std::fprintf(stderr, "%s\n", report.status().ToString().c_str());
    return 2;
  }
  const std::string text = absl::GetFlag(FLAGS_json) ? report->ToJson() : report->ToText();
  std::fputs(text.c_str(), stdout);
  return report->MeetsGoals() ? 0 : 1;
}

}  // namespace
}  // namespace nines::bench

int main(int argc, char** argv) {
  nines::ParseProgramFlags("Availability under faults: nines beside stock gRPC", argc, argv);
  return nines::bench::Run();
}

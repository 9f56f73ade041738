// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What a pick costs: nines beside the structures that other balancers pick from, on this machine,
// in one run. Exit status 0: nines reached every goal; 1: it missed one; 2: the run itself failed.
//
// Not with Google Benchmark: systems must take turns round by round, leases must end outside of the
// timed part, and the figures are ratios between systems.

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "flags/program_flags.h"
#include "grpc_calls.h"
#include "measure_balancer.h"
#include "measure_systems.h"
#include "plot.h"
#include "report.h"
#include "second_thread.h"
#include "systems.h"

namespace {

constexpr const char* kMeasures[] = {"picks", "threads", "changes", "ejections",
                                     "tail",  "memory",  "grpc"};

std::vector<std::string> AllMeasures() { return {std::begin(kMeasures), std::end(kMeasures)}; }

}  // namespace

ABSL_FLAG(std::vector<std::string>, measure, AllMeasures(), "which to measure");
ABSL_FLAG(std::vector<std::string>, systems, {},
          "which systems, by the names in the JSON; default: all");
ABSL_FLAG(int, rounds, 21, "rounds of everything but gRPC");
ABSL_FLAG(int, grpc_rounds, 300, "rounds of 50 ms of each channel");
ABSL_FLAG(size_t, max_endpoints, 100'000, "picks are not measured with more than this");
ABSL_FLAG(std::string, plot, "", "where the picture goes; default: pick.svg beside this program");
ABSL_FLAG(bool, json, false, "print JSON instead of the table");

namespace nines::bench {
namespace {

bool IsWanted(absl::string_view measure) {
  const std::vector<std::string> wanted = absl::GetFlag(FLAGS_measure);
  return std::find(wanted.begin(), wanted.end(), measure) != wanted.end();
}

absl::Status CheckFlags() {
  const std::vector<std::string> all = AllMeasures();
  for (const std::string& wanted : absl::GetFlag(FLAGS_measure)) {
    if (std::find(all.begin(), all.end(), wanted) == all.end()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--measure: '", wanted, "' is not known; allowed: ", absl::StrJoin(all, ", ")));
    }
  }
  if (absl::GetFlag(FLAGS_rounds) < 1 || absl::GetFlag(FLAGS_grpc_rounds) < 1) {
    return absl::InvalidArgumentError("--rounds and --grpc_rounds must be at least 1");
  }
  if (absl::GetFlag(FLAGS_max_endpoints) < kSizes[0]) {
    return absl::InvalidArgumentError(absl::StrCat("--max_endpoints must be at least ", kSizes[0]));
  }
  return absl::OkStatus();
}

// Those that --systems asks for, of `all`.
absl::StatusOr<std::vector<System>> WantedSystems(const std::vector<System>& all) {
  const std::vector<std::string> names = absl::GetFlag(FLAGS_systems);
  if (names.empty()) return all;
  std::vector<System> wanted;
  for (const std::string& name : names) {
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const System& system) { return system.name == name; });
    if (found == all.end()) {
      return absl::InvalidArgumentError(absl::StrCat("--systems: '", name, "' is not known"));
    }
    wanted.push_back(*found);
  }
  return wanted;
}

// "AMD EPYC, 2 processors, g++ 12.2.0".
std::string Machine() {
  std::string model = "unknown processor";
  std::ifstream cpus("/proc/cpuinfo");
  for (std::string line; std::getline(cpus, line);) {
    const size_t colon = line.find(": ");
    if (line.rfind("model name", 0) != 0 || colon == std::string::npos) continue;
    model = line.substr(colon + 2);
    break;
  }
#ifdef __clang__
  constexpr char kCompiler[] = "";  // its __VERSION__ begins with its name
#else
  constexpr char kCompiler[] = "g++ ";
#endif
  return absl::StrCat(model, ", ", std::thread::hardware_concurrency(), " processors, ", kCompiler,
                      __VERSION__);
}

void SayWhatRuns(absl::string_view what) {
  std::fprintf(stderr, "measuring: %s\n", std::string(what).c_str());
}

template <typename T>
absl::Status Store(absl::StatusOr<T> measured, std::optional<T>& place) {
  if (!measured.ok()) return measured.status();
  place = *std::move(measured);
  return absl::OkStatus();
}

absl::Status MeasureSystems(const std::vector<System>& systems, Results& results) {
  const int rounds = absl::GetFlag(FLAGS_rounds);
  absl::Status status;
  if (IsWanted("picks")) {
    SayWhatRuns("picks");
    status.Update(MeasurePicks(systems, rounds, absl::GetFlag(FLAGS_max_endpoints), results));
  }
  if (status.ok() && IsWanted("threads")) {
    SayWhatRuns("two threads");
    status.Update(MeasureTwoThreads(systems, rounds, results));
  }
  if (status.ok() && IsWanted("changes")) {
    SayWhatRuns("changes of health and membership");
    status.Update(MeasureChanges(systems, rounds, results));
  }
  return status;
}

absl::Status MeasureOurs(Results& results) {
  const int rounds = absl::GetFlag(FLAGS_rounds);
  absl::Status status;
  if (IsWanted("ejections")) {
    SayWhatRuns("ejections");
    status.Update(Store(MeasureEjections(rounds), results.ejections));
  }
  if (status.ok() && IsWanted("tail")) {
    SayWhatRuns("the slowest picks");
    status.Update(Store(MeasureTail(rounds), results.tail));
  }
  if (status.ok() && IsWanted("memory")) {
    SayWhatRuns("memory");
    status.Update(Store(MeasureMemory(), results.memory));
  }
  return status;
}

// A build without gRPC has all the rest to say.
absl::Status MeasureGrpc(Results& results) {
  if (!IsWanted("grpc")) return absl::OkStatus();
  SayWhatRuns("calls through gRPC channels");
  absl::StatusOr<GrpcResults> grpc = MeasureGrpcCalls(absl::GetFlag(FLAGS_grpc_rounds));
  if (absl::IsFailedPrecondition(grpc.status())) {
    results.notes.push_back(absl::StrCat("calls in gRPC are left out: ", grpc.status().message()));
    return absl::OkStatus();
  }
  return Store(std::move(grpc), results.grpc);
}

absl::StatusOr<Results> Measure() {
  const SecondThread second_thread;
  Results results;
  results.rounds = absl::GetFlag(FLAGS_rounds);
  results.machine = Machine();
  const absl::StatusOr<std::vector<System>> chosen = WantedSystems(AllSystems(results.notes));
  if (!chosen.ok()) return chosen.status();
  const std::vector<System>& systems = *chosen;
  for (const System& system : systems) {
    SystemResults of_system;
    of_system.name = system.name;
    of_system.title = system.title;
    of_system.origin = system.origin;
    results.systems.push_back(std::move(of_system));
  }
  if (absl::Status status = MeasureSystems(systems, results); !status.ok()) return status;
  if (absl::Status status = MeasureOurs(results); !status.ok()) return status;
  if (absl::Status status = MeasureGrpc(results); !status.ok()) return status;
  return results;
}

std::string PlotPath(const std::string& program) {
  const std::string wanted = absl::GetFlag(FLAGS_plot);
  if (!wanted.empty()) return wanted;
  const size_t slash = program.rfind('/');
  return absl::StrCat(slash == std::string::npos ? "." : program.substr(0, slash), "/pick.svg");
}

absl::Status WritePlot(const Results& results, const std::string& path) {
  const std::vector<PlotLine> lines = PickLines(results);
  if (lines.empty()) return absl::OkStatus();
  PlotText text;
  text.title = "What a pick costs as the service grows";
  text.subtitle = absl::StrCat("one thread, lease made, median of ", results.rounds, " rounds; ",
                               results.machine);
  text.x_title = "endpoints";
  text.y_title = "nanoseconds per pick";
  std::ofstream file(path);
  file << DrawPlot(text, lines);
  file.close();
  if (!file) return absl::UnavailableError(absl::StrCat("cannot write the plot to ", path));
  std::fprintf(stderr, "plot: %s\n", path.c_str());
  return absl::OkStatus();
}

absl::StatusOr<bool> MeasureAndReport(const std::string& program) {
  if (absl::Status status = CheckFlags(); !status.ok()) return status;
  const absl::StatusOr<Results> results = Measure();
  if (!results.ok()) return results.status();
  // First what took minutes, then what a wrong path can make fail.
  const std::string text = absl::GetFlag(FLAGS_json) ? ToJson(*results) : ToText(*results);
  std::fputs(text.c_str(), stdout);
  if (absl::Status status = WritePlot(*results, PlotPath(program)); !status.ok()) return status;
  return MeetsGoals(*results);
}

int Run(const std::string& program) {
  const absl::StatusOr<bool> meets_goals = MeasureAndReport(program);
  if (meets_goals.ok()) return *meets_goals ? 0 : 1;
  std::fprintf(stderr, "%s\n", meets_goals.status().ToString().c_str());
  return 2;
}

}  // namespace
}  // namespace nines::bench

int main(int argc, char** argv) {
  nines::ParseProgramFlags("What a pick costs: nines beside the structures of others", argc, argv);
  return nines::bench::Run(argv[0]);
}

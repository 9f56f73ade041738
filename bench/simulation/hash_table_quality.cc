// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What the ways to build a hash table are worth: how even it is, what moves when one endpoint comes
// or goes, how long it takes. ./dev bench hash_table, three minutes; all but the times are the
// same in every run. What follows from it: docs/decisions/hash-table.md.

#include <cstdio>
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "flags/program_flags.h"
#include "identity.h"
#include "maglev_table.h"
#include "nines/config.h"
#include "nines/hash_policy.h"
#include "other_tables.h"
#include "rendezvous_table.h"
#include "table_quality.h"

namespace nines {
namespace {

constexpr uint32_t kEndpoints[] = {10, 100, 1'000, 10'000};

struct Construction {
  std::string name;
  uint32_t slots;
  BuildSlots build;
  std::function<void(const EndpointList&)> timed = build;
};

SlotOwners BuildOurs(const EndpointList& endpoints) {
  const auto size = RendezvousTableSize(0, endpoints.size());
  return BuildRendezvousTable<uint32_t>(endpoints, InCanonicalOrder(endpoints), size);
}

Construction Maglev(uint32_t size) {
  return {"Maglev", size,
          [size](const EndpointList& endpoints) { return BuildMaglevTable(endpoints, size); }};
}

Construction Asking(std::string name, uint32_t size, AskingRules rules) {
  return {std::move(name), size, [size, rules](const EndpointList& endpoints) {
            return BuildByAsking(endpoints, size, rules);
          }};
}

Construction MultiProbe(std::string name, uint32_t size, uint32_t points, uint32_t probes) {
  return {std::move(name), size, [=](const EndpointList& endpoints) {
            return BuildMultiProbe(endpoints, size, points, probes);
          }};
}

std::vector<Construction> Constructions() {
  constexpr uint32_t kSize = 1 << 18;
  return {
      // Timed with all that the policy does: order, table, sweep.
      {"bounded rendezvous: ours", kSize, BuildOurs,
       [](const EndpointList& endpoints) { MakeHashPolicy(HashConfig())->BuildTable(endpoints); }},
      Asking("bounded, slack 1 %, no rows", kSize, {.slack = 0.01}),
      Asking("bounded, slack 0.5 %, no rows", kSize, {.slack = 0.005}),
      Asking("bounded, slack 0.25 %, no rows", kSize, {.slack = 0.0025}),
      Asking("bounded, no slack, no rows", kSize, {.slack = 0}),
      Asking("bounded, slack 0.5 %, no rows", kSize / 2, {.slack = 0.005}),
      Asking("bounded, slack 0.5 %, no rows", kSize / 4, {.slack = 0.005}),
      Asking("rendezvous", kSize, {}),
      Asking("rendezvous", kSize * 4, {}),
      Asking("level, then rendezvous for 3 %", kSize, {.level_until_free = 0.03}),
      Maglev(65'537),
      Maglev(262'147),
      Maglev(1'048'583),
      MultiProbe("multi-probe, 21 probes", kSize, 1, 21),
      MultiProbe("ring, 100 points", kSize, 100, 1),
  };
}

// Of all constructions, for each number of endpoints. Before anything else: what the heap has been
// through makes up to a third of the time of a quick build.
std::vector<std::vector<absl::Duration>> MeasureBuildTimes(
    const std::vector<Construction>& constructions) {
  std::vector<std::vector<absl::Duration>> times;
  for (const Construction& construction : constructions) {
    times.emplace_back();
    for (const uint32_t endpoints : kEndpoints) {
      times.back().push_back(MeasureBuildTime(construction.timed, endpoints));
    }
  }
  return times;
}

void Print(const Construction& construction, uint32_t endpoints, double perfect,
           absl::Duration build_time) {
  const TableQuality quality = MeasureTable(construction.build, endpoints);
  const size_t bytes = endpoints <= 256 ? construction.slots : construction.slots * 2;
  std::printf(
      "%-31s %9u %8u %+9.4f %8.3f %8.2f%% %8.3f%% %8.3f%% %9.2f %7zu\n", construction.name.c_str(),
      construction.slots, endpoints, quality.max_to_mean_keys - perfect, quality.max_to_mean_slots,
      100 * quality.weights_error, 100 * quality.moved_by_removal, 100 * quality.moved_by_addition,
      absl::ToDoubleMilliseconds(build_time), bytes / 1024);
  std::fflush(stdout);
}

void PrintHeader() {
  constexpr char kFormat[] = "%-31s %9s %8s %9s %8s %9s %9s %9s %9s %7s\n";
  std::printf(kFormat, "construction", "slots", "n", "keys", "slots", "weights", "removal",
              "addition", "build", "memory");
  std::printf(kFormat, "", "", "", "max/mean", "max/mean", "error", "excess", "excess", "ms",
              "KiB");
  std::printf(kFormat, "", "", "", "- perfect", "", "", "", "", "", "");
}

void PrintAll() {
  const std::vector<Construction> constructions = Constructions();
  const auto times = MeasureBuildTimes(constructions);
  PrintHeader();
  for (size_t n = 0; n < std::size(kEndpoints); ++n) {
    const uint32_t endpoints = kEndpoints[n];
    const double perfect = PerfectMaxToMeanKeys(endpoints);
    std::printf("%-31s %9s %8u %9.4f\n", "perfect hash: key modulo n", "", endpoints, perfect);
    for (size_t i = 0; i < constructions.size(); ++i) {
      Print(constructions[i], endpoints, perfect, times[i][n]);
    }
  }
}

}  // namespace
}  // namespace nines

int main(int argc, char** argv) {
  nines::ParseProgramFlags("How evenly hash tables spread, and how few keys move", argc, argv);
  nines::PrintAll();
  return 0;
}

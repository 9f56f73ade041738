// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What the ways to build a hash table are worth: how even it is, what moves when one endpoint comes
// or goes, how long it takes. ./dev bench hash_table, about a minute; all but the times are the
// same in every run. What follows from it: docs/decisions/hash-table.md.

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "identity.h"
#include "maglev_table.h"
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
};

template <typename Slot>
SlotOwners BuildOurs(const EndpointList& endpoints) {
  const auto size = RendezvousTableSize(0, endpoints.size());
  const auto slots = BuildRendezvousTable<Slot>(endpoints, InCanonicalOrder(endpoints), size);
  return SlotOwners(slots.begin(), slots.end());
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
      {"bounded rendezvous: ours", kSize, BuildOurs<uint16_t>},
      Asking("bounded, slack 1 %, no rows", kSize, {.slack = 0.01}),
      Asking("bounded, slack 0.5 %, no rows", kSize, {.slack = 0.005}),
      Asking("bounded, slack 0.25 %, no rows", kSize, {.slack = 0.0025}),
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

void Print(const Construction& construction, uint32_t endpoints, double perfect) {
  const TableQuality quality = MeasureTable(construction.build, endpoints);
  const size_t bytes = endpoints <= 256 ? construction.slots : construction.slots * 2;
  std::printf(
      "%-31s %9u %8u %+9.4f %8.3f %8.2f%% %8.3f%% %8.3f%% %9.2f %7zu\n", construction.name.c_str(),
      construction.slots, endpoints, quality.max_to_mean_keys - perfect, quality.max_to_mean_slots,
      100 * quality.weights_error, 100 * quality.moved_by_removal, 100 * quality.moved_by_addition,
      absl::ToDoubleMilliseconds(quality.build_time), bytes / 1024);
  std::fflush(stdout);
}

void PrintAll() {
  std::printf("%-31s %9s %8s %9s %8s %9s %9s %9s %9s %7s\n", "construction", "slots", "n", "keys",
              "slots", "weights", "removal", "addition", "build", "memory");
  std::printf("%-31s %9s %8s %9s %8s %9s %9s %9s %9s %7s\n", "", "", "", "max/mean", "max/mean",
              "error", "excess", "excess", "ms", "KiB");
  std::printf("%-31s %9s %8s %9s\n", "", "", "", "- perfect");
  for (const uint32_t endpoints : kEndpoints) {
    const double perfect = PerfectMaxToMeanKeys(endpoints);
    std::printf("%-31s %9s %8u %9.4f\n", "perfect hash: key modulo n", "", endpoints, perfect);
    for (const Construction& construction : Constructions()) {
      Print(construction, endpoints, perfect);
    }
  }
}

}  // namespace
}  // namespace nines

int main() {
  nines::PrintAll();
  return 0;
}

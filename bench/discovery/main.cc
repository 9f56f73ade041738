// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// How soon a change of DNS is in use, what DNS's troubles do to calls, and what watching it costs:
// real DNS servers, real backends, in one run. Exit status as RunRows().

#include <vector>

#include "absl/status/status.h"
#include "discovery_rows.h"
#include "flags/program_flags.h"
#include "run_rows.h"

int main(int argc, char** argv) {
  using nines::bench::Row;
  nines::ParseProgramFlags("Discovery: every number nines has to reach", argc, argv);
  const std::vector<Row> rows = {
      {"new", "an endpoint comes to DNS", nines::bench::MeasureNewEndpoint},
      {"outage", "the DNS server is down for 30 s", nines::bench::MeasureOutage},
      {"trouble", "the DNS server says nonsense", nines::bench::MeasureTrouble},
      {"cold", "a start from a snapshot while DNS is dead", nines::bench::MeasureColdStart},
      {"idle", "a hundred targets that nobody calls", nines::bench::MeasureIdle},
  };
  return nines::bench::RunRows(rows, absl::OkStatus());
}

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// How fast and how surely health verdicts come, with real processes and real calls: every number
// that nines has set itself as a goal, on this machine, in one run. Exit status as RunRows().

#include <utility>

#include "absl/status/status.h"
#include "flags/program_flags.h"
#include "rows.h"
#include "run_rows.h"
#include "testbed/own_network.h"

int main(int argc, char** argv) {
  nines::ParseProgramFlags("Health verdicts: every number nines has to reach", argc, argv);
  // The network first of all, as long as there is one thread.
  absl::Status own_network = nines::testbed::EnterOwnNetwork();
  return nines::bench::RunRows(nines::bench::AllRows(), std::move(own_network));
}

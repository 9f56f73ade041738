// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What retries and hedges are worth, and what they cost: every number that nines has set itself, on
// this machine, without gRPC and without a network. Exit status as RunRows().

#include "absl/status/status.h"
#include "flags/program_flags.h"
#include "rows.h"
#include "run_rows.h"

int main(int argc, char** argv) {
  nines::ParseProgramFlags("Retries: every number nines has to reach", argc, argv);
  return nines::bench::RunRows(nines::bench::AllRetryRows(), absl::OkStatus());
}

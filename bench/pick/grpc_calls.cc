// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "grpc_calls.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "testbed/dns_server.h"
#include "throughput.h"

namespace nines::bench {
namespace {

absl::StatusOr<Throughput> Find(const std::vector<Throughput>& throughputs,
                                absl::string_view client) {
  const auto found =
      std::find_if(throughputs.begin(), throughputs.end(),
                   [client](const Throughput& throughput) { return throughput.client == client; });
  if (found != throughputs.end()) return *found;
  return absl::InternalError(absl::StrCat("no throughput of '", client, "' was measured"));
}

}  // namespace

absl::StatusOr<GrpcResults> MeasureGrpcCalls(int rounds) {
  const auto dns = testbed::DnsServer::Start();
  if (!dns.ok()) return dns.status();
  ThroughputRun run;
  run.rounds = rounds;
  const auto throughputs = RunThroughput(run, **dns);
  if (!throughputs.ok()) return throughputs.status();
  const auto stock = Find(*throughputs, kStockClient);
  if (!stock.ok()) return stock.status();
  const auto nines = Find(*throughputs, kNinesHashClient);
  if (!nines.ok()) return nines.status();
  return GrpcResults{stock->calls_per_second, nines->calls_per_second, nines->ratio.median,
                     nines->ratio.low, nines->ratio.high};
}

}  // namespace nines::bench

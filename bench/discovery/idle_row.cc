// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "discovery_rows.h"
#include "nines/client.h"
#include "process_cost.h"
#include "testbed/zone_server.h"

namespace nines::bench {
namespace {

constexpr int kTargets = 100;
constexpr absl::Duration kLong = absl::Seconds(30);

struct IdleCost {
  double core_percent = 0;
  double threads = 0;
};

absl::StatusOr<IdleCost> CostAtTtl(int ttl_seconds) {
  std::string records;
  for (int i = 0; i < kTargets; ++i) {
    absl::StrAppend(&records, "h", i, " ", ttl_seconds, " A 127.0.0.2\n");
  }
  auto dns = testbed::ZoneServer::Start(records);
  if (!dns.ok()) return dns.status();
  std::vector<std::shared_ptr<Client>> clients;
  for (int i = 0; i < kTargets; ++i) {
    auto client =
        Client::Create(absl::StrCat("dns://", (*dns)->address(), "/h", i, ".test:80"), {});
    if (!client.ok()) return client.status();
    clients.push_back(*std::move(client));
    const absl::Status status = clients.back()->WaitUntilReady(absl::Seconds(10));
    if (!status.ok()) return status;
  }
  const absl::Duration before = ProcessorTime();
  absl::SleepFor(kLong);
  const double used = absl::FDivDuration(ProcessorTime() - before, kLong);
  return IdleCost{100 * used, static_cast<double>(CountThreadsOfNines())};
}

}  // namespace

absl::StatusOr<std::vector<Finding>> MeasureIdle(const RowOptions& /*options*/) {
  const absl::StatusOr<IdleCost> usual = CostAtTtl(30);
  if (!usual.ok()) return usual.status();
  const absl::StatusOr<IdleCost> shortest = CostAtTtl(1);
  if (!shortest.ok()) return shortest.status();
  Finding core;
  core.title = absl::StrCat("of a core, for ", kTargets, " targets at a TTL of 30 s");
  core.measured = usual->core_percent;
  core.limit = 0.5;
  core.unit = "%";
  core.notes = {absl::StrFormat("at a TTL of 1 s: %.2f %% of a core", shortest->core_percent)};
  Finding threads;
  threads.title = absl::StrCat("threads, for ", kTargets, " targets");
  threads.measured = usual->threads;
  threads.limit = 1;
  return std::vector<Finding>{std::move(core), std::move(threads)};
}

}  // namespace nines::bench

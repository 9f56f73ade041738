// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What happens at a real DNS server (dnsmasq) whose records have a TTL of one second. Both
// contenders call one fleet at once.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "caller.h"
#include "discovery_rows.h"
#include "testbed/dns_server.h"
#include "testbed/fleet.h"

namespace nines::bench {
namespace {

constexpr char kName[] = "fleet.nines.test";
constexpr absl::Duration kTtl = absl::Seconds(1);  // DnsServer's
constexpr absl::Duration kOutage = absl::Seconds(30);

/// How long stock gRPC is waited for. It asks DNS at most every thirty seconds, and only when a
/// connection has broken.
constexpr absl::Duration kPatience = absl::Seconds(10);

/// Three backends of which DNS has two, and both contenders at work on these.
struct Stage {
  std::unique_ptr<testbed::Fleet> fleet;
  std::unique_ptr<testbed::DnsServer> dns;
  std::unique_ptr<Caller> nines;
  std::unique_ptr<Caller> stock;

  static absl::StatusOr<Stage> Set();
};

absl::StatusOr<Stage> Stage::Set() {
  Stage stage;
  auto fleet = testbed::Fleet::Start(3);
  if (!fleet.ok()) return fleet.status();
  stage.fleet = *std::move(fleet);
  auto dns = testbed::DnsServer::Start();
  if (!dns.ok()) return dns.status();
  stage.dns = *std::move(dns);
  const std::vector<std::string> hosts = stage.fleet->hosts();
  if (absl::Status status = stage.dns->SetAddresses(kName, {hosts[0], hosts[1]}); !status.ok()) {
    return status;
  }
  const std::string target =
      absl::StrCat("dns://", stage.dns->address(), "/", kName, ":", stage.fleet->port());
  auto nines = Caller::Start(Contender::kNines, target, 2);
  if (!nines.ok()) return nines.status();
  stage.nines = *std::move(nines);
  auto stock = Caller::Start(Contender::kStock, target, 2);
  if (!stock.ok()) return stock.status();
  stage.stock = *std::move(stock);
  return stage;
}

struct Seconds {
  double nines = kNever;
  double stock = kNever;
};

double SecondsFrom(absl::Time begin, const std::optional<absl::Time>& end) {
  return end.has_value() ? absl::ToDoubleSeconds(*end - begin) : kNever;
}

absl::StatusOr<Seconds> TimeToNewEndpoint() {
  absl::StatusOr<Stage> stage = Stage::Set();
  if (!stage.ok()) return stage.status();
  const absl::Status status = stage->dns->SetAddresses(kName, stage->fleet->hosts());
  if (!status.ok()) return status;
  const absl::Time begin = absl::Now();
  const std::optional<absl::Time> nines = stage->nines->WaitForAnswerOf("b3", kPatience);
  const std::optional<absl::Time> stock =
      stage->stock->WaitForAnswerOf("b3", begin + kPatience - absl::Now());
  return Seconds{SecondsFrom(begin, nines), SecondsFrom(begin, stock)};
}

}  // namespace

absl::StatusOr<std::vector<Finding>> MeasureNewEndpoint(const RowOptions& options) {
  Seconds worst = {0, 0};
  for (int i = 0; i < options.trials; ++i) {
    const absl::StatusOr<Seconds> seconds = TimeToNewEndpoint();
    if (!seconds.ok()) return seconds.status();
    worst = {std::max(worst.nines, seconds->nines), std::max(worst.stock, seconds->stock)};
  }
  Finding finding;
  finding.title = "from DNS, with a TTL of 1 s, to its first call";
  finding.measured = worst.nines;
  finding.limit = absl::ToDoubleSeconds(kTtl + absl::Seconds(1));
  finding.unit = "s";
  finding.stock = worst.stock;
  finding.notes = {absl::StrCat("never: not within ", absl::FormatDuration(kPatience),
                                "; no endpoint fails meanwhile")};
  return std::vector<Finding>{std::move(finding)};
}

absl::StatusOr<std::vector<Finding>> MeasureOutage(const RowOptions& /*options*/) {
  absl::StatusOr<Stage> stage = Stage::Set();
  if (!stage.ok()) return stage.status();
  if (absl::Status status = stage->dns->Stop(); !status.ok()) return status;
  absl::SleepFor(kOutage);
  Finding failed;
  failed.title = absl::StrCat("calls failed in ", absl::FormatDuration(kOutage), " without DNS");
  failed.measured = static_cast<double>(stage->nines->failed());
  failed.stock = static_cast<double>(stage->stock->failed());
  return std::vector<Finding>{std::move(failed)};
}

}  // namespace nines::bench

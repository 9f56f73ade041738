// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What no real DNS server can be made to say. Stock gRPC does not ask again while all connections
// are up, so that there is nothing to compare with.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "caller.h"
#include "discovery_rows.h"
#include "testbed/fake_name_server.h"
#include "testbed/fleet.h"

namespace nines::bench {
namespace {

using testbed::DnsCode;
using testbed::DnsType;
using testbed::FakeReply;

constexpr size_t kBackends = 10;
constexpr char kName[] = "fleet.nines.test";

/// Each trouble lasts for two lookups at least, at a TTL of one second.
constexpr absl::Duration kLong = absl::Seconds(2);

FakeReply ReplyWith(const std::vector<std::string>& hosts) {
  FakeReply reply;
  for (const std::string& host : hosts) reply.records.push_back({kName, DnsType::kA, 1, host});
  return reply;
}

struct Trouble {
  std::string title;
  FakeReply reply;
};

std::vector<Trouble> Troubles(const std::vector<std::string>& hosts) {
  const FakeReply good = ReplyWith(hosts);
  const auto bad = [&good](FakeReply::Kind kind) {
    FakeReply reply = good;
    reply.kind = kind;
    return reply;
  };
  // Behind its 512 bytes something must be left to cut.
  FakeReply cut = bad(FakeReply::Kind::kCut);
  for (int i = 0; i < 5; ++i) {
    cut.records.insert(cut.records.end(), good.records.begin(), good.records.end());
  }
  FakeReply slow = good;
  slow.delay = kLong / 2;
  return {{"empty answers", {}},
          {"no such name", {FakeReply::Kind::kAnswer, DnsCode::kNoSuchName}},
          {"90 % of the endpoints gone", ReplyWith({hosts.front()})},
          {"SERVFAIL", {FakeReply::Kind::kAnswer, DnsCode::kServerFailure}},
          {"truncated, and no TCP", bad(FakeReply::Kind::kTruncated)},
          {"cut at 512 bytes", cut},
          {"slow", slow},
          {"garbage", bad(FakeReply::Kind::kGarbage)},
          {"answers with a wrong id", bad(FakeReply::Kind::kWrongId)}};
}

}  // namespace

absl::StatusOr<std::vector<Finding>> MeasureTrouble(const RowOptions& /*options*/) {
  auto fleet = testbed::Fleet::Start(kBackends);
  if (!fleet.ok()) return fleet.status();
  const std::vector<std::string> hosts = (*fleet)->hosts();
  std::vector<Finding> findings;
  for (const Trouble& trouble : Troubles(hosts)) {
    testbed::FakeNameServer dns;
    dns.SetReply(DnsType::kA, ReplyWith(hosts));
    const std::string target =
        absl::StrCat("dns://", dns.address(), "/", kName, ":", (*fleet)->port());
    auto caller = Caller::Start(Contender::kNines, target, kBackends);
    if (!caller.ok()) return caller.status();
    const int asked_before = dns.questions();
    dns.SetReply(DnsType::kA, trouble.reply);
    absl::SleepFor(kLong);
    if (dns.questions() == asked_before) return absl::InternalError("nobody asked the DNS server");
    Finding finding;
    finding.title = absl::StrCat("calls failed: ", trouble.title);
    finding.measured = static_cast<double>((*caller)->failed());
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace nines::bench

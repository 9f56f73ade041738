// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// A process that starts while the DNS server is silent has nothing but the snapshot of the one
// before it.

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "discovery_rows.h"
#include "nines/client.h"
#include "nines/grpc.h"
#include "nines/snapshot.h"
#include "testbed/echo_client.h"
#include "testbed/fake_name_server.h"
#include "testbed/fleet.h"
#include "testbed/stock_channel.h"

namespace nines::bench {
namespace {

constexpr int kManyEndpoints = 1000;
constexpr size_t kBackends = 3;
constexpr double kLimitMs = 50;

/// A folder for one snapshot, gone with this.
class SnapshotFolder {
 public:
  SnapshotFolder() {
    std::string path = std::filesystem::temp_directory_path() / "nines-XXXXXX";
    if (mkdtemp(path.data()) != nullptr) path_ = path;
  }
  SnapshotFolder(const SnapshotFolder&) = delete;
  SnapshotFolder& operator=(const SnapshotFolder&) = delete;
  ~SnapshotFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  /// Writes what a process knew that ended just now.
  absl::StatusOr<SnapshotOptions> Write(const std::string& target,
                                        const std::vector<std::string>& addresses) const {
    Snapshot snapshot;
    snapshot.target = target;
    snapshot.resolved_at = absl::Now();
    snapshot.learned.as_of = snapshot.resolved_at;
    for (const std::string& address : addresses) {
      snapshot.endpoints.emplace_back().address = address;
    }
    SnapshotOptions options;
    options.primary_path = path_ + "/state";
    const absl::Status status = WriteSnapshotFile(options.primary_path, snapshot);
    if (!status.ok()) return status;
    return options;
  }

 private:
  std::string path_;  // "": could not be made, and nothing can be written
};

/// A DNS server that hears everything and answers nothing.
class DeadDns {
 public:
  DeadDns() {
    for (const testbed::DnsType type : {testbed::DnsType::kA, testbed::DnsType::kAaaa}) {
      server_.SetReply(type, {testbed::FakeReply::Kind::kSilence});
    }
  }
  std::string TargetAt(int port) const {
    return absl::StrCat("dns://", server_.address(), "/fleet.nines.test:", port);
  }

 private:
  testbed::FakeNameServer server_;
};

double MillisecondsSince(absl::Time begin) {
  return absl::ToDoubleMilliseconds(absl::Now() - begin);
}

/// With an attempt that costs nothing: what is measured is nines.
absl::StatusOr<double> ClientStart() {
  const SnapshotFolder folder;
  const DeadDns dns;
  const std::string target = dns.TargetAt(80);
  std::vector<std::string> addresses;
  for (int i = 0; i < kManyEndpoints; ++i) {
    addresses.push_back(absl::StrCat("127.0.", i / 250, ".", i % 250 + 1, ":80"));
  }
  ClientOptions options;
  absl::StatusOr<SnapshotOptions> snapshot = folder.Write(target, addresses);
  if (!snapshot.ok()) return snapshot.status();
  options.snapshot = *std::move(snapshot);
  const absl::Time begin = absl::Now();
  const auto client = Client::Create(target, std::move(options));
  if (!client.ok()) return client.status();
  const absl::Status status =
      (*client)->Run({}, [](const Attempt& /*attempt*/) { return absl::OkStatus(); });
  if (!status.ok()) return status;
  return MillisecondsSince(begin);
}

absl::StatusOr<double> ChannelStart(const testbed::Fleet& fleet) {
  const SnapshotFolder folder;
  const DeadDns dns;
  const std::string target = dns.TargetAt(fleet.port());
  ChannelOptions options;
  absl::StatusOr<SnapshotOptions> snapshot = folder.Write(target, fleet.addresses());
  if (!snapshot.ok()) return snapshot.status();
  options.snapshot = *std::move(snapshot);
  options.arguments = testbed::ComparisonArguments();
  const absl::Time begin = absl::Now();
  const auto channel =
      CreateChannel(target, ::grpc::InsecureChannelCredentials(), std::move(options));
  if (!channel.ok()) return channel.status();
  const auto reply = testbed::MakeCall(*channel);
  if (!reply.ok()) return reply.status();
  return MillisecondsSince(begin);
}

Finding FindingOf(std::string title, double milliseconds) {
  Finding finding;
  finding.title = std::move(title);
  finding.measured = milliseconds;
  finding.limit = kLimitMs;
  finding.unit = "ms";
  return finding;
}

}  // namespace

absl::StatusOr<std::vector<Finding>> MeasureColdStart(const RowOptions& options) {
  const auto fleet = testbed::Fleet::Start(kBackends);
  if (!fleet.ok()) return fleet.status();
  double client = 0;
  double channel = 0;
  for (int i = 0; i < options.trials; ++i) {
    const absl::StatusOr<double> of_client = ClientStart();
    if (!of_client.ok()) return of_client.status();
    const absl::StatusOr<double> of_channel = ChannelStart(**fleet);
    if (!of_channel.ok()) return of_channel.status();
    client = std::max(client, *of_client);
    channel = std::max(channel, *of_channel);
  }
  return std::vector<Finding>{
      FindingOf(absl::StrCat("Client of ", kManyEndpoints, ": Create to first call's end"), client),
      FindingOf(absl::StrCat("channel of ", kBackends, ": CreateChannel to first answer"),
                channel)};
}

}  // namespace nines::bench

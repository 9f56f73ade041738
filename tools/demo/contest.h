// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "endpoint_rows.h"
#include "event_log.h"
#include "grpcpp/grpcpp.h"
#include "snapshot.h"
#include "testbed/call_tally.h"
#include "testbed/dns_server.h"
#include "testbed/fleet.h"
#include "testbed/open_loop_load.h"

namespace nines::demo {

/// The clients of the demo, each calling the same backends at the same rate at the same time: nines
/// (half of its calls routed by hash, half at random) and stock gRPC at its best. It also owns the
/// backends and the DNS server.
///
/// Thread-compatible. Everything ends with the object.
class Contest {
 public:
  /// Five backends, of which four are in DNS; channels that have connected. NotFound if dnsmasq is
  /// not installed.
  static absl::StatusOr<std::unique_ptr<Contest>> Create(const std::shared_ptr<EventLog>& events);

  Contest(const Contest&) = delete;
  Contest& operator=(const Contest&) = delete;
  ~Contest() { StopLoad(); }

  testbed::Fleet& fleet() { return *fleet_; }

  /// What the nines channels were made for.
  const std::string& target() const { return target_; }

  /// Has DNS list the first `count` backends.
  absl::Status SetEndpointsInDns(size_t count);

  void StartLoad();
  void StopLoad();

  /// The endpoints as nines has them; to be called a few times a second, for the rates.
  std::vector<EndpointRow> Endpoints();

  /// The calls so far.
  testbed::CallTally HashTotal() const { return hash_load_->Total(); }
  testbed::CallTally RandomTotal() const { return random_load_->Total(); }
  testbed::CallTally StockTotal() const { return stock_load_->Total(); }

  /// nines (both channels) and stock gRPC in the seconds [begin, end) after StartLoad().
  testbed::CallTally NinesBetween(size_t begin, size_t end) const;
  testbed::CallTally StockBetween(size_t begin, size_t end) const;

 private:
  Contest(std::unique_ptr<testbed::DnsServer> dns, std::unique_ptr<testbed::Fleet> fleet);

  absl::Status CreateChannels(const std::shared_ptr<EventLog>& events);

  const std::unique_ptr<testbed::DnsServer> dns_;
  const std::unique_ptr<testbed::Fleet> fleet_;
  const std::string target_;
  std::shared_ptr<::grpc::Channel> hash_channel_;
  std::shared_ptr<::grpc::Channel> random_channel_;
  std::unique_ptr<testbed::OpenLoopLoad> hash_load_;
  std::unique_ptr<testbed::OpenLoopLoad> random_load_;
  std::unique_ptr<testbed::OpenLoopLoad> stock_load_;
  EndpointRows endpoint_rows_;
};

}  // namespace nines::demo

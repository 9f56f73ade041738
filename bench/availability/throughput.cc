// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "throughput.h"

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "contender.h"
#include "testbed/closed_loop_load.h"
#include "testbed/fleet.h"

namespace nines::bench {
namespace {

using testbed::Fleet;
using Channels = std::vector<std::shared_ptr<::grpc::Channel>>;

constexpr size_t kBackends = 5;
constexpr char kKeyHeader[] = "x-user-id";

struct Client {
  std::string name;
  Contender contender;
  ServiceConfigs configs;
  std::optional<double> goal;
};

// The first is what the others are compared with.
std::vector<Client> Clients() {
  return {{kStockClient, Contender::kStock, PlainConfigs(), {}},
          {"stock round_robin, again", Contender::kStock, PlainConfigs(), {}},
          {"nines random", Contender::kNines, PlainConfigs(), 0.97},
          {kNinesHashClient, Contender::kNines, HashConfigs(kKeyHeader), 0.98}};
}

absl::StatusOr<Channels> CreateChannels(const std::vector<Client>& clients, Fleet& fleet,
                                        testbed::DnsServer& dns) {
  Channels channels;
  for (const Client& client : clients) {
    auto channel = CreateWarmChannel(client.contender, client.configs, fleet, dns);
    if (!channel.ok()) return channel.status();
    channels.push_back(*std::move(channel));
  }
  return channels;
}

absl::StatusOr<double> CallsPerSecond(const ThroughputRun& run,
                                      const std::shared_ptr<::grpc::Channel>& channel) {
  testbed::ClosedLoopLoad load;
  load.threads = run.threads;
  load.time = run.round_length;
  load.deadline = absl::Seconds(10);
  load.key_header = kKeyHeader;
  const testbed::ClosedLoopResult result = RunClosedLoop(load, channel);
  if (result.tally.failed > 0) {
    return absl::UnavailableError(
        absl::StrCat("a call of the throughput comparison failed: ", result.tally.last_error));
  }
  return result.CallsPerSecond();
}

// One round: each client once, beginning with another one each time.
absl::StatusOr<std::vector<double>> RunRound(const ThroughputRun& run, size_t round,
                                             const Channels& channels) {
  std::vector<double> rates(channels.size());
  for (size_t i = 0; i < channels.size(); ++i) {
    const size_t turn = (round + i) % channels.size();
    const absl::StatusOr<double> rate = CallsPerSecond(run, channels[turn]);
    if (!rate.ok()) return rate.status();
    rates[turn] = *rate;
  }
  return rates;
}

}  // namespace

absl::StatusOr<std::vector<Throughput>> RunThroughput(const ThroughputRun& run,
                                                      testbed::DnsServer& dns) {
  absl::StatusOr<std::unique_ptr<Fleet>> fleet = Fleet::Start(kBackends);
  if (!fleet.ok()) return fleet.status();
  const std::vector<Client> clients = Clients();
  std::vector<std::vector<double>> rates(clients.size());
  std::vector<std::vector<double>> ratios(clients.size());
  absl::StatusOr<Channels> channels;
  for (int round = 0; round < run.rounds; ++round) {
    if (round % run.rounds_per_channel == 0) channels = CreateChannels(clients, **fleet, dns);
    if (!channels.ok()) return channels.status();
    const auto measured = RunRound(run, static_cast<size_t>(round), *channels);
    if (!measured.ok()) return measured.status();
    for (size_t i = 0; i < clients.size(); ++i) {
      rates[i].push_back((*measured)[i]);
      ratios[i].push_back((*measured)[i] / (*measured)[0]);
    }
  }
  std::vector<Throughput> results;
  for (size_t i = 0; i < clients.size(); ++i) {
    results.push_back({clients[i].name, EstimateMedian(std::move(rates[i])).median,
                       EstimateMedian(std::move(ratios[i])), clients[i].goal});
  }
  return results;
}

}  // namespace nines::bench

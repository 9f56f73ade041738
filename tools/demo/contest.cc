// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "contest.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "nines/grpc.h"
#include "testbed/echo_client.h"
#include "testbed/stock_channel.h"

namespace nines::demo {
namespace {

constexpr char kServiceName[] = "greeter.nines.test";
constexpr size_t kBackends = 5;
constexpr size_t kBackendsInDnsAtFirst = 4;

/// Of each side. Enough for numbers that mean something after a few seconds, little enough for two
/// cores that also run the backends.
constexpr double kCallsPerSecond = 400;

/// The users whose keys are hashed: enough that each endpoint gets its share.
constexpr uint64_t kUsers = 1000;

absl::StatusOr<std::shared_ptr<::grpc::Channel>> CreateNinesChannel(
    const std::string& target, absl::string_view balancing, std::shared_ptr<Observer> observer) {
  ChannelOptions options;
  options.service_config_json = testbed::ServiceConfig(balancing, testbed::kRetryMethodConfig);
  options.arguments = testbed::ComparisonArguments();
  options.observer = std::move(observer);
  absl::StatusOr<std::shared_ptr<::grpc::Channel>> channel =
      CreateChannel(target, ::grpc::InsecureChannelCredentials(), options);
  if (!channel.ok()) return channel.status();
  if (absl::Status status = testbed::WarmUp(*channel, 1); !status.ok()) return status;
  return channel;
}

void SetUserKey(uint64_t call, ::grpc::ClientContext& context) {
  SetHashKey(&context, absl::StrCat("user-", call % kUsers));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Contest>> Contest::Create(const std::shared_ptr<EventLog>& events) {
  absl::StatusOr<std::unique_ptr<testbed::DnsServer>> dns = testbed::DnsServer::Start();
  if (!dns.ok()) return dns.status();
  absl::StatusOr<std::unique_ptr<testbed::Fleet>> fleet = testbed::Fleet::Start(kBackends);
  if (!fleet.ok()) return fleet.status();
  std::unique_ptr<Contest> contest(new Contest(*std::move(dns), *std::move(fleet)));
  if (absl::Status status = contest->SetEndpointsInDns(kBackendsInDnsAtFirst); !status.ok()) {
    return status;
  }
  if (absl::Status status = contest->CreateChannels(events); !status.ok()) return status;
  return contest;
}

Contest::Contest(std::unique_ptr<testbed::DnsServer> dns, std::unique_ptr<testbed::Fleet> fleet)
    : dns_(std::move(dns)),
      fleet_(std::move(fleet)),
      target_(absl::StrCat("dns://", dns_->address(), "/", kServiceName, ":", fleet_->port())) {}

absl::Status Contest::CreateChannels(const std::shared_ptr<EventLog>& events) {
  absl::StatusOr<std::shared_ptr<::grpc::Channel>> hash =
      CreateNinesChannel(target_, R"([{"nines": {"hash": {}}}])", events->MakeObserver("hash"));
  if (!hash.ok()) return hash.status();
  absl::StatusOr<std::shared_ptr<::grpc::Channel>> random =
      CreateNinesChannel(target_, R"([{"nines": {"random": {}}}])", events->MakeObserver("random"));
  if (!random.ok()) return random.status();
  hash_channel_ = *std::move(hash);
  random_channel_ = *std::move(random);
  const std::shared_ptr<::grpc::Channel> stock = testbed::MakeStockChannel(
      fleet_->addresses(),
      testbed::ServiceConfig(testbed::kStockBalancing, testbed::kRetryMethodConfig));
  if (absl::Status status = testbed::WarmUp(stock, kBackends); !status.ok()) return status;

  testbed::OpenLoopLoad::Options half;
  half.calls_per_second = kCallsPerSecond / 2;
  random_load_ = std::make_unique<testbed::OpenLoopLoad>(random_channel_, half);
  half.prepare = SetUserKey;
  hash_load_ = std::make_unique<testbed::OpenLoopLoad>(hash_channel_, half);
  testbed::OpenLoopLoad::Options whole;
  whole.calls_per_second = kCallsPerSecond;
  stock_load_ = std::make_unique<testbed::OpenLoopLoad>(stock, whole);
  return absl::OkStatus();
}

absl::Status Contest::SetEndpointsInDns(size_t count) {
  std::vector<std::string> hosts = fleet_->hosts();
  hosts.resize(count);
  return dns_->SetAddresses(kServiceName, hosts);
}

void Contest::StartLoad() {
  hash_load_->Start();
  random_load_->Start();
  stock_load_->Start();
}

void Contest::StopLoad() {
  for (const auto* load : {&hash_load_, &random_load_, &stock_load_}) {
    if (*load != nullptr) (*load)->Stop();
  }
}

std::vector<EndpointRow> Contest::Endpoints() {
  return endpoint_rows_.Update(absl::Now(), nines::Endpoints(hash_channel_),
                               nines::Endpoints(random_channel_));
}

testbed::CallTally Contest::NinesBetween(size_t begin, size_t end) const {
  testbed::CallTally tally = hash_load_->Between(begin, end);
  tally.Merge(random_load_->Between(begin, end));
  return tally;
}

testbed::CallTally Contest::StockBetween(size_t begin, size_t end) const {
  return stock_load_->Between(begin, end);
}

}  // namespace nines::demo

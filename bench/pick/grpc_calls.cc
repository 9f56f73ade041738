// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "grpc_calls.h"

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "echo.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "nines/grpc.h"
#include "testbed/echo_client.h"
#include "testbed/fleet.h"
#include "testbed/stock_channel.h"

namespace nines::bench {
namespace {

using Clock = std::chrono::steady_clock;
using ChannelPtr = std::shared_ptr<::grpc::Channel>;

constexpr size_t kBackends = 5;
constexpr int kThreads = 4;
// Long enough for a thousand calls, short enough that both of a pair see the same machine.
constexpr auto kRoundLength = std::chrono::milliseconds(200);

constexpr char kStockConfig[] = R"([{"round_robin": {}}])";
constexpr char kNinesConfig[] = R"([{"nines": {"hash": {"keys": [{"header": "x-user-id"}]}}}])";

absl::StatusOr<ChannelPtr> CreateNinesChannel(const testbed::Fleet& fleet) {
  ChannelOptions options;
  options.service_config_json = testbed::ServiceConfig(kNinesConfig, "");
  options.arguments = testbed::ComparisonArguments();
  return CreateChannel(absl::StrCat("static:///", absl::StrJoin(fleet.addresses(), ",")),
                       ::grpc::InsecureChannelCredentials(), options);
}

// Until every backend has answered; the keys are many enough to reach all.
absl::Status WarmUp(const ChannelPtr& channel) {
  constexpr int kCalls = 500;
  for (int i = 0; i < kCalls; ++i) {
    testbed::EchoCall call;
    call.prepare = [i](::grpc::ClientContext& context) {
      context.set_wait_for_ready(true);
      context.AddMetadata("x-user-id", absl::StrCat("warm-up-", i));
    };
    const auto reply = testbed::MakeCall(channel, call);
    if (!reply.ok()) return reply.status();
  }
  return absl::OkStatus();
}

struct Tally {
  uint64_t calls = 0;
  uint64_t failed = 0;
};

Tally CallUntil(Clock::time_point end, uint64_t first_key, testbed::Echo::Stub& stub) {
  Tally tally;
  while (Clock::now() < end) {
    ::grpc::ClientContext context;
    context.AddMetadata("x-user-id", absl::StrCat("user-", first_key + tally.calls));
    testbed::EchoReply reply;
    ++tally.calls;
    if (!stub.Unary(&context, testbed::EchoRequest(), &reply).ok()) ++tally.failed;
  }
  return tally;
}

/// Calls per second of one round; a failed call is an error, for it costs something else.
absl::StatusOr<double> RunRound(const ChannelPtr& channel) {
  const auto stub = testbed::Echo::NewStub(channel);
  std::vector<Tally> tallies(kThreads);
  std::vector<std::thread> threads;
  const Clock::time_point start = Clock::now();
  for (size_t i = 0; i < tallies.size(); ++i) {
    threads.emplace_back([&, i] {
      tallies[i] = CallUntil(start + kRoundLength, 10'000'000'000 + i * 100'000'000, *stub);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  Tally all;
  for (const Tally& tally : tallies) {
    all.calls += tally.calls;
    all.failed += tally.failed;
  }
  if (all.failed > 0) {
    return absl::UnavailableError(absl::StrCat(all.failed, " of ", all.calls, " calls failed"));
  }
  return static_cast<double>(all.calls) / seconds;
}

}  // namespace

absl::StatusOr<GrpcResults> MeasureGrpcCalls(int rounds) {
  const auto fleet = testbed::Fleet::Start(kBackends);
  if (!fleet.ok()) return fleet.status();
  absl::StatusOr<ChannelPtr> nines = CreateNinesChannel(**fleet);
  if (!nines.ok()) return nines.status();
  const ChannelPtr channels[] = {
      testbed::MakeStockChannel((*fleet)->addresses(), testbed::ServiceConfig(kStockConfig, "")),
      *std::move(nines)};
  for (const ChannelPtr& channel : channels) {
    if (absl::Status status = WarmUp(channel); !status.ok()) return status;
  }
  std::vector<double> rates[2];
  std::vector<double> ratios;
  for (int pair = 0; pair < rounds; ++pair) {
    for (int i = 0; i < 2; ++i) {
      const int turn = (pair + i) % 2;  // neither is always the first of a pair
      const absl::StatusOr<double> rate = RunRound(channels[turn]);
      if (!rate.ok()) return rate.status();
      rates[turn].push_back(*rate);
    }
    ratios.push_back(rates[1].back() / rates[0].back());
  }
  return GrpcResults{Quantile(rates[0], 0.5), Quantile(rates[1], 0.5), Quantile(ratios, 0.5)};
}

}  // namespace nines::bench

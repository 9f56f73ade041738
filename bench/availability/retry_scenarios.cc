// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "retry_scenarios.h"

#include <atomic>
#include <memory>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "nines/grpc_hedging.h"
#include "testbed/echo_client.h"
#include "testbed/fleet.h"
#include "testbed/latency_histogram.h"
#include "testbed/open_loop_load.h"

namespace nines::bench {
namespace {

using testbed::DnsServer;
using testbed::Echo;
using testbed::EchoReply;
using testbed::EchoRequest;
using testbed::Fault;
using testbed::Fleet;
using testbed::LatencyHistogram;
using testbed::OpenLoopLoad;

using Channel = std::shared_ptr<::grpc::Channel>;

constexpr size_t kBackends = 5;

struct Service {
  std::unique_ptr<Fleet> fleet;
  Channel channel;
};

absl::StatusOr<Service> Start(Contender contender, const ServiceConfigs& configs, size_t backends,
                              DnsServer& dns) {
  absl::StatusOr<std::unique_ptr<Fleet>> fleet = Fleet::Start(backends);
  if (!fleet.ok()) return fleet.status();
  absl::StatusOr<Channel> channel = CreateWarmChannel(contender, configs, **fleet, dns);
  if (!channel.ok()) return channel.status();
  return Service{*std::move(fleet), *std::move(channel)};
}

uint64_t AttemptsReceived(Fleet& fleet) {
  uint64_t attempts = 0;
  for (size_t i = 0; i < fleet.size(); ++i) {
    attempts += fleet.backend(i).CallsReceived().value_or(0);
  }
  return attempts;
}

Fault AllFail() { return {Fault::Kind::kErrors, {0, 1, 2, 3, 4}}; }

// So many calls at 1000 a second, to their end.
void Call(const Channel& channel, uint64_t count) {
  OpenLoopLoad load(channel, {.calls_per_second = 1000, .max_calls = count});
  load.Start();
  load.Wait();
}

EchoReply* CallOnce(Echo::Stub& stub, EchoReply* reply) {
  ::grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(10)));
  return stub.Unary(&context, EchoRequest(), reply).ok() ? reply : nullptr;
}

// Calls of several threads; `call` makes one and says whether it was well.
class Callers {
 public:
  static constexpr int kThreads = 8;
  static constexpr int kCallsPerThread = 1500;

  template <typename Call>
  LatencyHistogram Run(const Call& call) {
    std::vector<LatencyHistogram> latencies(kThreads);
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    for (LatencyHistogram& latency : latencies) {
      threads.emplace_back([&] {
        for (int i = 0; i < kCallsPerThread; ++i) {
          const absl::Time begin = absl::Now();
          if (!call()) failed_.fetch_add(1);
          latency.Add(absl::Now() - begin);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    LatencyHistogram all;
    for (const LatencyHistogram& latency : latencies) all.Merge(latency);
    return all;
  }
  int failed() const { return failed_; }

 private:
  std::atomic<int> failed_{0};
};

absl::StatusOr<LatencyHistogram> CallSlowService(Contender contender, const Channel& channel) {
  const std::unique_ptr<Echo::Stub> stub = Echo::NewStub(channel);
  Callers callers;
  LatencyHistogram latency;
  if (contender == Contender::kStock) {
    latency = callers.Run([&] {
      EchoReply reply;
      return CallOnce(*stub, &reply) != nullptr;
    });
  } else {
    HedgingPolicy policy;
    policy.adaptive_quantile = 0.97;
    const auto method = HedgedMethod::Create(channel, policy);
    if (!method.ok()) return method.status();
    const EchoRequest request;
    latency = callers.Run([&] {
      EchoReply reply;
      return HedgedUnaryCall<EchoReply>(
                 **method, absl::Now() + absl::Seconds(10), &reply,
                 [&](::grpc::ClientContext* context, EchoReply* to, HedgedMethod::Done done) {
                   stub->async()->Unary(context, &request, to, std::move(done));
                 })
          .ok();
    });
  }
  if (callers.failed() > 0) return absl::UnavailableError("a call to the slow service failed");
  return latency;
}

}  // namespace

absl::StatusOr<std::vector<Figure>> RunAllFailing(Contender contender, DnsServer& dns) {
  absl::StatusOr<Service> service = Start(contender, FaultConfigs(), kBackends, dns);
  if (!service.ok()) return service.status();
  Fleet& fleet = *service->fleet;
  if (absl::Status status = Inject(AllFail(), fleet); !status.ok()) return status;
  Call(service->channel, 2'000);  // uses up what the budget has from before
  const uint64_t before = AttemptsReceived(fleet);
  constexpr uint64_t kCalls = 10'000;
  Call(service->channel, kCalls);
  const auto attempts = static_cast<double>(AttemptsReceived(fleet) - before);
  if (absl::Status status = Heal(AllFail(), fleet); !status.ok()) return status;
  OpenLoopLoad recovered(service->channel, {.calls_per_second = 1000, .max_calls = 5'000});
  recovered.Start();
  recovered.Wait();
  return std::vector<Figure>{
      {"all_failing", "all fail: attempts per call", contender, attempts / kCalls, 1.2},
      {"all_failing", "1 s after they are well: calls failed", contender,
       static_cast<double>(recovered.Between(1, 5).failed), 0}};
}

absl::StatusOr<std::vector<Figure>> RunDeadlines(Contender contender, DnsServer& dns) {
  constexpr absl::Duration kDeadline = absl::Milliseconds(100);
  absl::StatusOr<Service> service = Start(contender, FaultConfigs(), kBackends, dns);
  if (!service.ok()) return service.status();
  const Fault hang = {Fault::Kind::kHang, {1, 3}};
  if (absl::Status status = Inject(hang, *service->fleet); !status.ok()) return status;
  double late = 0;
  OpenLoopLoad::Options options;
  options.calls_per_second = 500;
  options.deadline = kDeadline;
  options.max_calls = 5'000;
  options.on_end = [&](const OpenLoopLoad::EndedCall& call) {
    if (call.latency > kDeadline + absl::Milliseconds(5)) ++late;
  };
  OpenLoopLoad load(service->channel, options);
  load.Start();
  load.Wait();
  if (absl::Status status = Heal(hang, *service->fleet); !status.ok()) return status;
  return std::vector<Figure>{
      {"deadlines", "2 of 5 hang: calls > 5 ms after deadline", contender, late, 0}};
}

absl::StatusOr<std::vector<Figure>> RunFirstRetry(Contender contender, DnsServer& dns) {
  absl::StatusOr<Service> service = Start(contender, TwoAttemptsConfigs(), 2, dns);
  if (!service.ok()) return service.status();
  const Fault fault = {Fault::Kind::kErrors, {0}};
  if (absl::Status status = Inject(fault, *service->fleet); !status.ok()) return status;
  const std::unique_ptr<Echo::Stub> stub = Echo::NewStub(service->channel);
  LatencyHistogram direct;
  LatencyHistogram retried;
  for (int i = 0; i < 5'000; ++i) {
    EchoReply reply;
    const absl::Time begin = absl::Now();
    if (CallOnce(*stub, &reply) == nullptr) continue;
    (reply.previous_attempts() == 0 ? direct : retried).Add(absl::Now() - begin);
  }
  return std::vector<Figure>{
      {"first_retry", "a retry elsewhere adds, ms", contender,
       absl::ToDoubleMilliseconds(retried.Quantile(0.5) - direct.Quantile(0.5)), 1}};
}

absl::StatusOr<std::vector<Figure>> RunSlowCalls(Contender contender, DnsServer& dns) {
  absl::StatusOr<Service> service = Start(contender, PlainConfigs(), kBackends, dns);
  if (!service.ok()) return service.status();
  Fleet& fleet = *service->fleet;
  for (size_t i = 0; i < fleet.size(); ++i) {
    if (absl::Status status = fleet.backend(i).AnswerAfter(absl::Seconds(1), 1); !status.ok()) {
      return status;
    }
  }
  const uint64_t before = AttemptsReceived(fleet);
  const absl::StatusOr<LatencyHistogram> latency = CallSlowService(contender, service->channel);
  if (!latency.ok()) return latency.status();
  const auto attempts = static_cast<double>(AttemptsReceived(fleet) - before);
  return std::vector<Figure>{{"slow_calls", "1 % take 1 s: p99.9, ms", contender,
                              absl::ToDoubleMilliseconds(latency->Quantile(0.999)), 20},
                             {"slow_calls", "1 % take 1 s: attempts more than calls, %", contender,
                              100 * (attempts / static_cast<double>(latency->count()) - 1), 5}};
}

}  // namespace nines::bench

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What a pick costs, without gRPC: the balancer alone, its lease taken and given back.
// ./dev bench pick

#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "absl/strings/str_cat.h"
#include "nines/balancer.h"
#include "nines/hash_policy.h"
#include "nines/random_policy.h"
#include "nines/uv_event_loop.h"

namespace nines {
namespace {

// NOLINTBEGIN(readability-identifier-naming): benchmarks are named BM_<Operation>.

constexpr size_t kKeys = 1024;

EndpointList MakeEndpoints(int64_t count) {
  EndpointList endpoints(static_cast<size_t>(count));
  for (size_t i = 0; i < endpoints.size(); ++i) {
    endpoints[i].address = absl::StrCat("10.", i >> 16, ".", (i >> 8) & 255, ".", i & 255, ":80");
  }
  return endpoints;
}

std::vector<std::string> MakeKeys() {
  std::vector<std::string> keys;
  for (size_t i = 0; i < kKeys; ++i) keys.push_back(absl::StrCat("user-", 10'000'000'000 + i));
  return keys;
}

// Ejects every endpoint whose index is a multiple of three.
void EjectAThird(Balancer& balancer, int64_t endpoints) {
  for (int64_t i = 0; i < endpoints; i += 3) {
    balancer.SetConnectivity(MakeEndpoints(endpoints)[static_cast<size_t>(i)].address,
                             Connectivity::kFailed, absl::UnavailableError("down"));
  }
}

std::shared_ptr<Balancer> MakeBalancer(bool by_hash, int64_t endpoints) {
  Balancer::Options options;
  options.loop = *CreateUvEventLoop();
  options.policy = by_hash ? MakeHashPolicy({}) : MakeRandomPolicy();
  if (by_hash) options.config.algorithm = HashConfig{};
  options.config.panic.threshold_percent = 0;
  auto balancer = Balancer::Create(std::move(options));
  balancer->Update(MakeEndpoints(endpoints));
  return balancer;
}

// The loop's start and end are barriers: between them all threads see the same balancer.
void PickInLoop(benchmark::State& state, const std::shared_ptr<Balancer>& balancer) {
  const std::vector<std::string> keys = MakeKeys();
  size_t i = static_cast<size_t>(state.thread_index()) * 97;
  for (auto _ : state) {
    Call call;
    call.hash_key = keys[++i % kKeys];
    CallMemory memory;
    PickResult result = balancer->Pick(call, memory);
    benchmark::DoNotOptimize(result);
  }
  state.SetItemsProcessed(state.iterations());
}

template <bool kByHash>
void BM_Pick(benchmark::State& state) {
  static std::shared_ptr<Balancer> balancer;
  if (state.thread_index() == 0) balancer = MakeBalancer(kByHash, state.range(0));
  PickInLoop(state, balancer);
  if (state.thread_index() == 0) balancer.reset();
}
BENCHMARK(BM_Pick<true>)
    ->Name("BM_Pick/hash")
    ->ArgName("endpoints")
    ->RangeMultiplier(10)
    ->Range(10, 10'000)
    ->ThreadRange(1, 2)
    ->UseRealTime();
BENCHMARK(BM_Pick<false>)
    ->Name("BM_Pick/random")
    ->ArgName("endpoints")
    ->RangeMultiplier(10)
    ->Range(10, 10'000)
    ->ThreadRange(1, 2)
    ->UseRealTime();

void BM_PickThirdDown(benchmark::State& state) {
  const std::shared_ptr<Balancer> balancer = MakeBalancer(/*by_hash=*/true, state.range(0));
  EjectAThird(*balancer, state.range(0));
  PickInLoop(state, balancer);
}
BENCHMARK(BM_PickThirdDown)->Name("BM_Pick/hash/third_down")->ArgName("endpoints")->Arg(1000);

void BM_PickAndReport(benchmark::State& state) {
  const std::shared_ptr<Balancer> balancer = MakeBalancer(/*by_hash=*/false, state.range(0));
  const Outcome ok = MakeOutcome(absl::OkStatus(), absl::Milliseconds(1));
  for (auto _ : state) {
    CallMemory memory;
    PickResult result = balancer->Pick({}, memory);
    std::get<Picked>(result).lease.Report(ok);
  }
}
BENCHMARK(BM_PickAndReport)->Name("BM_PickAndReport/random")->ArgName("endpoints")->Arg(1000);

// One endpoint goes down and comes back: independent of how many there are.
void BM_ConnectivityChange(benchmark::State& state) {
  const std::shared_ptr<Balancer> balancer = MakeBalancer(/*by_hash=*/true, state.range(0));
  const std::string address = MakeEndpoints(state.range(0)).back().address;
  const absl::Status down = absl::UnavailableError("down");
  for (auto _ : state) {
    balancer->SetConnectivity(address, Connectivity::kFailed, down);
    balancer->SetConnectivity(address, Connectivity::kConnected);
  }
}
BENCHMARK(BM_ConnectivityChange)->ArgName("endpoints")->RangeMultiplier(10)->Range(10, 10'000);

// A new list of endpoints, one of them new: merges the list and builds the table.
void BM_Update(benchmark::State& state) {
  const std::shared_ptr<Balancer> balancer = MakeBalancer(/*by_hash=*/true, state.range(0));
  EndpointList with = MakeEndpoints(state.range(0));
  EndpointList without = with;
  without.pop_back();
  for (auto _ : state) {
    balancer->Update(without);
    balancer->Update(with);
  }
}
BENCHMARK(BM_Update)
    ->ArgName("endpoints")
    ->RangeMultiplier(10)
    ->Range(10, 10'000)
    ->Unit(benchmark::kMicrosecond);

// NOLINTEND(readability-identifier-naming)

}  // namespace
}  // namespace nines

BENCHMARK_MAIN();

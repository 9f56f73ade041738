// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "testbed/closed_loop_load.h"

#include <chrono>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "echo.grpc.pb.h"

namespace nines::testbed {
namespace {

using SteadyClock = std::chrono::steady_clock;

// More than any test has endpoints, so that every endpoint has keys.
constexpr uint64_t kKeys = 1000;

CallTally MakeCalls(const ClosedLoopLoad& load, Echo::Stub& stub) {
  CallTally tally;
  const SteadyClock::time_point start = SteadyClock::now();
  SteadyClock::time_point begin = start;
  for (uint64_t i = 0; load.calls_per_thread == 0 || i < load.calls_per_thread; ++i) {
    if (absl::FromChrono(begin - start) >= load.time) break;
    ::grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         absl::ToChronoMicroseconds(load.deadline));
    if (!load.key_header.empty()) {
      context.AddMetadata(load.key_header, absl::StrCat("user-", i % kKeys));
    }
    EchoReply reply;
    const ::grpc::Status status = stub.Unary(&context, EchoRequest(), &reply);
    const SteadyClock::time_point end = SteadyClock::now();
    tally.Add(status, absl::FromChrono(end - begin));
    begin = end;
  }
  return tally;
}

}  // namespace

double ClosedLoopResult::CallsPerSecond() const {
  return static_cast<double>(tally.made) / absl::ToDoubleSeconds(time);
}

ClosedLoopResult RunClosedLoop(const ClosedLoopLoad& load,
                               const std::shared_ptr<::grpc::Channel>& channel) {
  const std::unique_ptr<Echo::Stub> stub = Echo::NewStub(channel);
  std::vector<CallTally> tallies(static_cast<size_t>(load.threads));
  std::vector<std::thread> threads;
  threads.reserve(tallies.size());
  const SteadyClock::time_point start = SteadyClock::now();
  for (CallTally& tally : tallies) {
    threads.emplace_back([&] { tally = MakeCalls(load, *stub); });
  }
  for (std::thread& thread : threads) thread.join();
  ClosedLoopResult result;
  result.time = absl::FromChrono(SteadyClock::now() - start);
  for (const CallTally& tally : tallies) result.tally.Merge(tally);
  return result;
}

}  // namespace nines::testbed

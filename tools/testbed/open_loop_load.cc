// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "testbed/open_loop_load.h"

#include <algorithm>
#include <utility>

namespace nines::testbed {
namespace {

using SteadyClock = std::chrono::steady_clock;

}  // namespace

OpenLoopLoad::OpenLoopLoad(const std::shared_ptr<::grpc::Channel>& channel, Options options)
    : stub_(Echo::NewStub(channel)), options_(std::move(options)) {}

void OpenLoopLoad::Start() {
  start_ = SteadyClock::now();
  collector_ = std::thread([this] { CollectCalls(); });
  issuer_ = std::thread([this] { IssueCalls(); });
}

void OpenLoopLoad::Stop() {
  is_stopping_.store(true, std::memory_order_relaxed);
  Wait();
}

void OpenLoopLoad::Wait() {
  const std::lock_guard<std::mutex> lock(join_mu_);
  if (issuer_.joinable()) issuer_.join();
  if (collector_.joinable()) collector_.join();
}

CallTally OpenLoopLoad::Total() const {
  const std::lock_guard<std::mutex> lock(mu_);
  return total_;
}

CallTally OpenLoopLoad::Between(size_t begin, size_t end) const {
  CallTally tally;
  const std::lock_guard<std::mutex> lock(mu_);
  for (size_t i = begin; i < std::min(end, seconds_.size()); ++i) tally.Merge(seconds_[i]);
  return tally;
}

OpenLoopLoad::SteadyTime OpenLoopLoad::DueTime(uint64_t number) const {
  const std::chrono::duration<double> offset(static_cast<double>(number) /
                                             options_.calls_per_second);
  return start_ + std::chrono::duration_cast<SteadyClock::duration>(offset);
}

void OpenLoopLoad::IssueCalls() {
  for (uint64_t i = 0; options_.max_calls == 0 || i < options_.max_calls; ++i) {
    std::this_thread::sleep_until(DueTime(i));
    if (is_stopping_.load(std::memory_order_relaxed)) break;
    Issue(i);
  }
  queue_.Shutdown();  // the collector ends after the last of the calls under way
}

void OpenLoopLoad::Issue(uint64_t number) {
  auto call = std::make_unique<PendingCall>();
  call->number = number;
  call->due = DueTime(number);
  // gRPC takes deadlines by the wall clock.
  const auto left = call->due + absl::ToChronoNanoseconds(options_.deadline) - SteadyClock::now();
  call->context.set_deadline(std::chrono::system_clock::now() +
                             std::chrono::duration_cast<std::chrono::system_clock::duration>(left));
  if (options_.prepare) options_.prepare(number, call->context);
  call->reader = stub_->AsyncUnary(&call->context, EchoRequest(), &queue_);
  PendingCall* const tag = call.release();  // the queue hands it to the collector
  tag->reader->Finish(&tag->reply, &tag->status, tag);
}

void OpenLoopLoad::CollectCalls() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
    const std::unique_ptr<PendingCall> call(static_cast<PendingCall*>(tag));
    Record(*call, SteadyClock::now());
  }
}

void OpenLoopLoad::Record(const PendingCall& call, SteadyTime end) {
  const absl::Duration latency = absl::FromChrono(end - call.due);
  if (options_.on_end) {
    options_.on_end({absl::FromChrono(call.due - start_), latency, call.status, call.reply});
  }
  const auto second = static_cast<size_t>(
      std::chrono::duration_cast<std::chrono::seconds>(call.due - start_).count());
  const std::lock_guard<std::mutex> lock(mu_);
  total_.Add(call.status, latency);
  if (seconds_.size() <= second) seconds_.resize(second + 1);
  seconds_[second].Add(call.status, latency);
}

}  // namespace nines::testbed

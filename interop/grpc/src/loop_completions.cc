// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "loop_completions.h"

#include <algorithm>
#include <utility>

namespace nines {
namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(1);

// After so many looks in a row that brought no end of a call, nothing more is ready: one look takes
// in one event of one connection.
constexpr int kEmptyLooks = 3;

}  // namespace

LoopCompletions::~LoopCompletions() {
  queue_->Shutdown();
  void* completion = nullptr;
  bool is_ok = false;
  // What has ended, of calls that nobody waits for any more.
  for (;;) {
    switch (queue_->AsyncNext(&completion, &is_ok, gpr_inf_past(GPR_CLOCK_MONOTONIC))) {
      case grpc::CompletionQueue::GOT_EVENT:
        static_cast<CompletionThread::Completion*>(completion)->OnCompleted(is_ok);
        continue;
      case grpc::CompletionQueue::SHUTDOWN:
        return;
      case grpc::CompletionQueue::TIMEOUT:
        break;
    }
    break;
  }
  CompletionThread::Drain(std::move(queue_));
}

void LoopCompletions::Await() {
  ++awaited_;
  // A look that is due so soon serves this call, too.
  if (timer_ == nullptr || pause_ != kFirstPause) LookAfter(kFirstPause);
}

void LoopCompletions::Leave() {
  if (--awaited_ == 0) timer_.reset();
}

void LoopCompletions::LookAfter(absl::Duration pause) {
  pause_ = pause;
  timer_ = loop_.RunAfter(pause, [this] { Look(); });
}

void LoopCompletions::Look() {
  const std::shared_ptr<LoopCompletions> self = shared_from_this();
  void* completion = nullptr;
  bool is_ok = false;
  for (int empty = 0; empty < kEmptyLooks && awaited_ != 0;) {
    const auto found = queue_->AsyncNext(&completion, &is_ok, gpr_inf_past(GPR_CLOCK_MONOTONIC));
    if (found != grpc::CompletionQueue::GOT_EVENT) {
      ++empty;
      continue;
    }
    empty = 0;
    static_cast<CompletionThread::Completion*>(completion)->OnCompleted(is_ok);
  }
  if (awaited_ != 0) LookAfter(std::min(2 * pause_, kLongestPause));
}

}  // namespace nines

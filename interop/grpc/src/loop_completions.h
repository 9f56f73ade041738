// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <memory>

#include <grpcpp/completion_queue.h>

#include "absl/time/time.h"
#include "completion_thread.h"
#include "nines/event_loop.h"

namespace nines {

// Waits for the ends of short gRPC calls on the event loop's own thread. gRPC 1.51 cannot wake a
// loop when a call ends. But a probe's answer is in no hurry: as long as any is awaited, this looks
// after one millisecond and then ever more rarely, up to every kLongestPause. Many calls end in one
// look; a thread that waits for each (CompletionThread) has to wake for each, and then to wake the
// loop, which costs more than the call.
//
// As every thread that looks, the loop's does whatever else gRPC has to do just then. That may end
// in any callback of nines, also in the end of this.
//
// Confined to the loop's thread; its end may be anywhere once nothing is awaited.
class LoopCompletions final : public std::enable_shared_from_this<LoopCompletions> {
 public:
  static constexpr absl::Duration kLongestPause = absl::Milliseconds(5);

  // `loop` outlives what is awaited.
  explicit LoopCompletions(EventLoop& loop) : loop_(loop) {}
  LoopCompletions(const LoopCompletions&) = delete;
  LoopCompletions& operator=(const LoopCompletions&) = delete;
  // Calls that are under way still end, on a thread made for that.
  ~LoopCompletions();

  // Its tags are CompletionThread::Completion*, called on the loop's thread, and on others only
  // after the end of this, which they may bring about.
  grpc::CompletionQueue& queue() { return *queue_; }

  // A call was started on the queue, and somebody waits for its end.
  void Await();

  // One less is waited for: its call has ended, or is not of interest any more.
  void Leave();

 private:
  void LookAfter(absl::Duration pause);
  void Look();

  EventLoop& loop_;
  std::shared_ptr<grpc::CompletionQueue> queue_ = std::make_shared<grpc::CompletionQueue>();
  size_t awaited_ = 0;
  absl::Duration pause_;
  std::unique_ptr<EventLoop::Handle> timer_;  // null while nothing is awaited
};

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include <grpcpp/completion_queue.h>

#include "absl/status/statusor.h"

namespace nines {

// Waits for the steps of gRPC streams that nines makes itself, on one thread for the whole process:
// gRPC 1.51 has no way to wait for them on an event loop, and to look again and again
// (LoopCompletions) would not do for streams, on which nothing happens for hours. Not gRPC's
// callback API, which would do without this: its threads are at least two, and they sleep up to 100
// ms before they look for an end, which is longer than a probe may take.
//
// Lives as long as its last user; then the thread ends by itself when the calls under way have
// ended, and is not waited for: as all threads that wait for gRPC, it does whatever gRPC has to do
// just then, such as shutting down a channel of nines, which waits for the event loop's thread, on
// which this may be ending. Thread-safe.
class CompletionThread {
 public:
  // The end of a call, or of a step of it: what that was started with as its tag.
  class Completion {
   public:
    virtual ~Completion() = default;
    // Called on the thread; must not block. `is_ok` as CompletionQueue::Next() has it.
    virtual void OnCompleted(bool is_ok) = 0;
  };

  // The one of this process, made if nobody has it. ResourceExhausted if the system gives no
  // thread.
  static absl::StatusOr<std::shared_ptr<CompletionThread>> Shared();

  // Ends what is under way on a queue that is shut down, on a thread of its own. If the system
  // gives none the queue stays for ever.
  static void Drain(std::shared_ptr<grpc::CompletionQueue> queue);

  CompletionThread() = default;
  CompletionThread(const CompletionThread&) = delete;
  CompletionThread& operator=(const CompletionThread&) = delete;
  ~CompletionThread() { queue_->Shutdown(); }

  // Its tags are Completion*. No call may be started on it once this is being destroyed.
  grpc::CompletionQueue& queue() { return *queue_; }

 private:
  static absl::Status Start(const std::shared_ptr<grpc::CompletionQueue>& shared);
  static void* Run(void* argument);

  const std::shared_ptr<grpc::CompletionQueue> queue_ =  // the thread has it too
      std::make_shared<grpc::CompletionQueue>();
};

}  // namespace nines

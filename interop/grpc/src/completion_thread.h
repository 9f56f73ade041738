// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <pthread.h>

#include <memory>

#include <grpcpp/completion_queue.h>

#include "absl/status/statusor.h"

namespace nines {

// Waits for the ends of gRPC calls that nines makes itself, on one thread for the whole process:
// gRPC 1.51 has no way to wait for them on an event loop. Not gRPC's callback API, which would do
// without this: its threads are at least two, and they sleep up to 100 ms before they look for an
// end, which is longer than a probe may take.
//
// Lives as long as its last user; then the thread ends, joined. Thread-safe.
class CompletionThread {
 public:
  // The end of a call: what it was started with as its tag.
  class Completion {
   public:
    virtual ~Completion() = default;
    // Called on the thread; must not block.
    virtual void OnCompleted() = 0;
  };

  // The one of this process, made if nobody has it. ResourceExhausted if the system gives no
  // thread.
  static absl::StatusOr<std::shared_ptr<CompletionThread>> Shared();

  CompletionThread() = default;
  CompletionThread(const CompletionThread&) = delete;
  CompletionThread& operator=(const CompletionThread&) = delete;
  // Waits for all calls to end; whoever started them has cancelled them before.
  ~CompletionThread();

  // Its tags are Completion*. No call may be started on it once this is being destroyed.
  grpc::CompletionQueue& queue() { return *queue_; }

 private:
  absl::Status Start();
  static void* Run(void* queue);

  // Shared with the thread, which outlives this if this ends on it.
  const std::shared_ptr<grpc::CompletionQueue> queue_ = std::make_shared<grpc::CompletionQueue>();
  pthread_t thread_{};       // const once Start() has returned
  bool has_thread_ = false;  // as thread_
};

}  // namespace nines

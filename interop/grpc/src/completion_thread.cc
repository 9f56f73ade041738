// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "completion_thread.h"

#include <pthread.h>
#include <signal.h>

#include <mutex>
#include <utility>

#include "absl/status/status.h"

namespace nines {

absl::StatusOr<std::shared_ptr<CompletionThread>> CompletionThread::Shared() {
  // As with SharedEventLoop(): it owns nothing.
  static std::mutex& mutex = *new std::mutex();
  static std::weak_ptr<CompletionThread>& shared = *new std::weak_ptr<CompletionThread>();

  const std::lock_guard<std::mutex> lock(mutex);
  if (std::shared_ptr<CompletionThread> thread = shared.lock()) return thread;
  auto thread = std::make_shared<CompletionThread>();
  if (absl::Status status = Start(thread->queue_); !status.ok()) return status;
  shared = thread;
  return thread;
}

void CompletionThread::Drain(std::shared_ptr<grpc::CompletionQueue> queue) {
  if (Start(queue).ok()) return;
  // gRPC ends the program if a queue goes before what is under way on it.
  static_cast<void>(new std::shared_ptr<grpc::CompletionQueue>(std::move(queue)));
}

absl::Status CompletionThread::Start(const std::shared_ptr<grpc::CompletionQueue>& shared) {
  auto queue = std::make_unique<std::shared_ptr<grpc::CompletionQueue>>(shared);
  // The new thread inherits the mask: the program's signals are for the program's threads.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  const int error = pthread_create(&thread, nullptr, &Run, queue.get());
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (error != 0) {
    return absl::ResourceExhaustedError(
        absl::ErrnoToStatus(error, "cannot start a thread").message());
  }
  static_cast<void>(queue.release());  // Run() has it
  pthread_detach(thread);
  return absl::OkStatus();
}

void* CompletionThread::Run(void* argument) {
  const std::unique_ptr<std::shared_ptr<grpc::CompletionQueue>> queue(
      static_cast<std::shared_ptr<grpc::CompletionQueue>*>(argument));
  pthread_setname_np(pthread_self(), "nines-grpc");
  void* completion = nullptr;
  bool is_ok = false;
  while ((*queue)->Next(&completion, &is_ok)) {
    static_cast<Completion*>(completion)->OnCompleted(is_ok);
  }
  return nullptr;
}

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <mutex>
#include <string>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "completion_thread.h"
#include "nines/event_loop.h"
#include "nines/health.h"

namespace nines {

// One grpc.health.v1.Health/Watch: a stream on which a server says how a service is, each time that
// changes.
//
// What comes faster than the loop takes it is merged: the latest word counts. So a server that
// changes its mind every 10 ms costs a message on the completion thread and at most one callback at
// a time; one that says more than kMaxWords a second is given up.
//
// Start(), Break() and Cancel() are for the loop's thread, on which the callbacks run. Lives until
// both its owner and gRPC have let go of it.
class HealthStream final : public CompletionThread::Completion,
                           public std::enable_shared_from_this<HealthStream> {
 public:
  // Ten times what a service says that flaps every 10 ms; 1 % of a core.
  static constexpr int kMaxWords = 1000;

  // `loop` outlives this, or Cancel() comes first.
  HealthStream(EventLoop& loop, std::shared_ptr<CompletionThread> thread,
               std::shared_ptr<grpc::Channel> channel, Prober::WatchCallbacks callbacks);

  // Asks with this HealthCheckRequest. Once.
  void Start(const std::string& request);

  // Ends it, because the connection is in doubt; on_end hears of it.
  void Break() { context_.TryCancel(); }

  // Ends it; no callback runs afterwards, and the loop may go.
  void Cancel();

  // On the completion thread.
  void OnCompleted(bool is_ok) override;

 private:
  enum class Step { kStarting, kAsking, kListening, kEnding };

  void OnMessage();
  bool IsFlood();
  void GiveUp(absl::Status why);
  void SayWord();
  void SayEnd();
  void* tag() { return static_cast<CompletionThread::Completion*>(this); }

  const std::shared_ptr<LoopPort> port_;
  const std::shared_ptr<CompletionThread> thread_;  // each step is started on its queue
  const std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  std::shared_ptr<HealthStream> self_;  // from Start() until its end

  // Of the completion thread once started.
  Step step_ = Step::kStarting;
  grpc::ByteBuffer message_;
  grpc::Status status_;
  absl::Status given_up_;                     // why; OK: it was not
  absl::Time second_ = absl::InfinitePast();  // when the one began in which words are counted
  int words_ = 0;                             // in it

  Prober::WatchCallbacks callbacks_;  // of the loop's thread
  bool is_cancelled_ = false;         // as callbacks_

  std::mutex mutex_;       // guards what follows
  absl::Status latest_;    // word
  bool has_word_ = false;  // that SayWord(), which is posted, has not taken
};

}  // namespace nines

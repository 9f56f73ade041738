// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health_stream.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "health_verdict.h"
#include "nines/clock.h"

namespace nines {
namespace {

constexpr char kMethod[] = "/grpc.health.v1.Health/Watch";

}  // namespace

HealthStream::HealthStream(EventLoop& loop, std::shared_ptr<CompletionThread> thread,
                           std::shared_ptr<grpc::Channel> channel, Prober::WatchCallbacks callbacks)
    : port_(MakeLoopPort(loop)),
      thread_(std::move(thread)),
      channel_(std::move(channel)),
      stub_(channel_),
      callbacks_(std::move(callbacks)) {}

void HealthStream::Start(const std::string& request) {
  self_ = shared_from_this();
  message_ = BufferOf(request);
  stream_ = stub_.PrepareCall(&context_, kMethod, &thread_->queue());
  stream_->StartCall(tag());
}

void HealthStream::Cancel() {
  port_->Close();
  is_cancelled_ = true;
  callbacks_ = {};
  context_.TryCancel();
}

// Each step starts the next; after one that failed gRPC says why the stream has ended.
void HealthStream::OnCompleted(bool is_ok) {
  if (step_ == Step::kEnding) {
    const std::shared_ptr<HealthStream> self = std::move(self_);  // outlives the port's lock
    port_->Post([self] { self->SayEnd(); });
    return;
  }
  if (!is_ok) {
    step_ = Step::kEnding;
    stream_->Finish(&status_, tag());
    return;
  }
  if (step_ == Step::kStarting) {
    step_ = Step::kAsking;
    stream_->WriteLast(message_, grpc::WriteOptions(), tag());
    return;
  }
  if (step_ == Step::kListening) OnMessage();
  step_ = Step::kListening;
  stream_->Read(&message_, tag());
}

void HealthStream::OnMessage() {
  if (!given_up_.ok()) return;
  if (IsFlood()) {
    return GiveUp(absl::UnavailableError(
        absl::StrCat("it says how it is more than ", kMaxWords, " times a second")));
  }
  const absl::StatusOr<ServingStatus> status = ReadAnswer(message_);
  if (!status.ok()) return GiveUp(absl::UnavailableError(status.status().message()));
  absl::Status word = JudgeStatus(*status);
  const std::lock_guard<std::mutex> lock(mutex_);
  latest_ = std::move(word);
  if (std::exchange(has_word_, true)) return;
  port_->Post([self = shared_from_this()] { self->SayWord(); });
}

bool HealthStream::IsFlood() {
  const absl::Time now = ProcessClock().Now();
  if (now - second_ >= absl::Seconds(1)) {
    second_ = now;
    words_ = 0;
  }
  return ++words_ > kMaxWords;
}

// What is on its way still is read and dropped.
void HealthStream::GiveUp(absl::Status why) {
  given_up_ = std::move(why);
  context_.TryCancel();
}

void HealthStream::SayWord() {
  absl::Status word;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    word = latest_;
    has_word_ = false;
  }
  if (is_cancelled_) return;
  // On the stack: it may cancel this.
  auto on_word = std::move(callbacks_.on_word);
  on_word(std::move(word));
  if (!is_cancelled_) callbacks_.on_word = std::move(on_word);
}

void HealthStream::SayEnd() {
  if (is_cancelled_) return;
  auto callbacks = std::exchange(callbacks_, {});
  callbacks.on_end(given_up_.ok() ? JudgeFailure(status_) : given_up_);
}

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "testbed/echo_service.h"

#include <cstdlib>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "grpcpp/alarm.h"

namespace nines::testbed {
namespace {

constexpr char kPreviousAttempts[] = "grpc-previous-rpc-attempts";

uint32_t PreviousAttempts(const ::grpc::CallbackServerContext& context) {
  const auto& metadata = context.client_metadata();
  const auto it = metadata.find(kPreviousAttempts);
  uint32_t attempts = 0;
  if (it == metadata.end()) return 0;
  if (!absl::SimpleAtoi(absl::string_view(it->second.data(), it->second.size()), &attempts)) {
    return 0;
  }
  return attempts;
}

/// Ends a unary call when its time has come. Deletes itself once gRPC is done with it.
class DelayedAnswer final : public ::grpc::ServerUnaryReactor {
 public:
  DelayedAnswer(absl::Duration delay, ::grpc::Status status) {
    alarm_.Set(absl::ToChronoTime(absl::Now() + delay),
               [this, status = std::move(status)](bool) { Finish(status); });
  }

  void OnCancel() override { alarm_.Cancel(); }
  void OnDone() override { delete this; }

 private:
  ::grpc::Alarm alarm_;
};

/// Answers each message of one stream. Deletes itself once gRPC is done with it.
class EchoStream final : public ::grpc::ServerBidiReactor<EchoRequest, EchoReply> {
 public:
  EchoStream(const EchoService& service, const ::grpc::CallbackServerContext& context,
             const Behaviour& behaviour)
      : service_(service), context_(context), delay_(behaviour.delay) {
    if (behaviour.status.ok()) {
      StartRead(&request_);
    } else {
      Finish(behaviour.status);
    }
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      Finish(::grpc::Status::OK);
      return;
    }
    reply_ = service_.MakeReply(context_, request_);
    if (delay_ == absl::ZeroDuration()) {
      StartWrite(&reply_);
    } else {
      alarm_.Set(absl::ToChronoTime(absl::Now() + delay_), [this](bool) { StartWrite(&reply_); });
    }
  }

  void OnWriteDone(bool ok) override {
    if (ok) {
      StartRead(&request_);
    } else {
      Finish(::grpc::Status::OK);
    }
  }

  void OnDone() override { delete this; }

 private:
  const EchoService& service_;
  const ::grpc::CallbackServerContext& context_;  // lives until OnDone
  const absl::Duration delay_;
  EchoRequest request_;
  EchoReply reply_;
  ::grpc::Alarm alarm_;
};

/// Gathers the messages of one stream into one reply. Deletes itself once gRPC is done with it.
class EchoOfMany final : public ::grpc::ServerReadReactor<EchoRequest> {
 public:
  EchoOfMany(const EchoService& service, const ::grpc::CallbackServerContext& context,
             const Behaviour& behaviour, EchoReply* reply)
      : service_(service), context_(context), delay_(behaviour.delay), reply_(*reply) {
    if (behaviour.status.ok()) {
      StartRead(&request_);
    } else {
      Finish(behaviour.status);
    }
  }

  void OnReadDone(bool ok) override {
    if (!ok) return Answer();
    if (messages_.empty()) StartSendInitialMetadata();
    messages_.push_back(request_.message());
    StartRead(&request_);
  }

  void OnDone() override { delete this; }

 private:
  void Answer() {
    request_.set_message(absl::StrJoin(messages_, " "));
    reply_ = service_.MakeReply(context_, request_);
    alarm_.Set(absl::ToChronoTime(absl::Now() + delay_),
               [this](bool) { Finish(::grpc::Status::OK); });
  }

  const EchoService& service_;
  const ::grpc::CallbackServerContext& context_;  // lives until OnDone
  const absl::Duration delay_;
  EchoReply& reply_;  // as context_
  EchoRequest request_;
  std::vector<std::string> messages_;
  ::grpc::Alarm alarm_;
};

/// Answers each word of one message. Deletes itself once gRPC is done with it.
class EchoOfWords final : public ::grpc::ServerWriteReactor<EchoReply> {
 public:
  EchoOfWords(const EchoService& service, const ::grpc::CallbackServerContext& context,
              const Behaviour& behaviour, EchoRequest request)
      : service_(service),
        context_(context),
        words_(absl::StrSplit(request.message(), ' ', absl::SkipEmpty())),
        request_(std::move(request)) {
    if (behaviour.status.ok()) {
      alarm_.Set(absl::ToChronoTime(absl::Now() + behaviour.delay), [this](bool) { WriteNext(); });
    } else {
      Finish(behaviour.status);
    }
  }

  void OnWriteDone(bool ok) override {
    if (ok) return WriteNext();
    Finish(::grpc::Status::OK);
  }

  void OnCancel() override {
    if (is_one_ready_.exchange(true)) Finish(::grpc::Status::CANCELLED);
  }

  void OnDone() override { delete this; }

 private:
  void WriteNext() {
    if (written_ < words_.size()) {
      request_.set_message(words_[written_++]);
      reply_ = service_.MakeReply(context_, request_);
      return StartWrite(&reply_);
    }
    if (!request_.stay_open()) return Finish(::grpc::Status::OK);
    if (is_one_ready_.exchange(true)) Finish(::grpc::Status::CANCELLED);
  }

  const EchoService& service_;
  const ::grpc::CallbackServerContext& context_;  // lives until OnDone
  const std::vector<std::string> words_;
  EchoRequest request_;
  EchoReply reply_;
  size_t written_ = 0;
  // A call that stays open ends when all is written and it was cancelled: by whichever is later.
  std::atomic<bool> is_one_ready_{false};
  ::grpc::Alarm alarm_;
};

}  // namespace

EchoService::EchoService(std::string name, std::string address)
    : name_(std::move(name)),
      address_(std::move(address)),
      rng_(std::hash<std::string>()(name_ + address_)) {}

void EchoService::SetBehaviour(Behaviour behaviour) {
  const std::lock_guard<std::mutex> lock(mu_);
  behaviour_ = std::move(behaviour);
}

Behaviour EchoService::BeginCall() {
  calls_.fetch_add(1, std::memory_order_relaxed);
  const std::lock_guard<std::mutex> lock(mu_);
  Behaviour behaviour = behaviour_;
  if (behaviour.delay_share < 1 && !std::bernoulli_distribution(behaviour.delay_share)(rng_)) {
    behaviour.delay = absl::ZeroDuration();
  }
  if (behaviour.status.ok()) return behaviour;
  if (std::bernoulli_distribution(behaviour.status_share)(rng_)) {
    failed_calls_.fetch_add(1, std::memory_order_relaxed);
  } else {
    behaviour.status = ::grpc::Status::OK;
  }
  return behaviour;
}

::grpc::ServerUnaryReactor* EchoService::Unary(::grpc::CallbackServerContext* context,
                                               const EchoRequest* request, EchoReply* reply) {
  if (request->message() == kDeadlyMessage) std::_Exit(1);
  const Behaviour behaviour = BeginCall();
  *reply = MakeReply(*context, *request);
  for (const auto& [name, value] : behaviour.trailers) context->AddTrailingMetadata(name, value);
  if (behaviour.delay > absl::ZeroDuration()) {
    return new DelayedAnswer(behaviour.delay, behaviour.status);
  }
  ::grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(behaviour.status);
  return reactor;
}

::grpc::ServerBidiReactor<EchoRequest, EchoReply>* EchoService::Stream(
    ::grpc::CallbackServerContext* context) {
  return new EchoStream(*this, *context, BeginCall());
}

::grpc::ServerReadReactor<EchoRequest>* EchoService::ClientStream(
    ::grpc::CallbackServerContext* context, EchoReply* reply) {
  return new EchoOfMany(*this, *context, BeginCall(), reply);
}

::grpc::ServerWriteReactor<EchoReply>* EchoService::ServerStream(
    ::grpc::CallbackServerContext* context, const EchoRequest* request) {
  return new EchoOfWords(*this, *context, BeginCall(), *request);
}

EchoReply EchoService::MakeReply(const ::grpc::CallbackServerContext& context,
                                 const EchoRequest& request) const {
  EchoReply reply;
  reply.set_message(request.message());
  reply.set_backend(name_);
  reply.set_address(address_);
  reply.set_previous_attempts(PreviousAttempts(context));
  const ::grpc::string_ref authority = context.ExperimentalGetAuthority();
  reply.set_authority(authority.data(), authority.size());
  if (!request.want_metadata()) return reply;
  for (const auto& [name, value] : context.client_metadata()) {
    (*reply.mutable_metadata())[std::string(name.data(), name.size())] =
        std::string(value.data(), value.size());
  }
  return reply;
}

}  // namespace nines::testbed

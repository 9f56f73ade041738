// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// A probe is started, cancelled and delivered on the event loop's thread, where its call ends, too
// (LoopCompletions). A watch's steps end on the CompletionThread.

#include "health_prober.h"

#include <memory>
#include <string>
#include <utility>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "completion_thread.h"
#include "health_message.h"
#include "health_stream.h"
#include "health_verdict.h"
#include "loop_completions.h"

namespace nines {
namespace {

constexpr char kMethod[] = "/grpc.health.v1.Health/Check";

// Two bytes are a whole answer; this leaves room for fields of later versions.
constexpr int kMaxAnswerBytes = 4096;

// What one Check came to.
absl::Status Judge(const grpc::Status& status, const grpc::ByteBuffer& answer) {
  if (!status.ok()) return JudgeFailure(status);
  const absl::StatusOr<ServingStatus> serving = ReadAnswer(answer);
  return serving.ok() ? JudgeStatus(*serving) : absl::UnavailableError(serving.status().message());
}

// One Check. Lives until both its probe and gRPC have let go of it.
class HealthCall final : public CompletionThread::Completion,
                         public std::enable_shared_from_this<HealthCall> {
 public:
  // Gets the verdict, and whether the connection is beyond doubt: the other side has answered.
  using Done = absl::AnyInvocable<void(const absl::Status& verdict, bool is_connection_well)>;

  HealthCall(std::shared_ptr<LoopCompletions> completions, std::shared_ptr<grpc::Channel> channel,
             Done done)
      : completions_(std::move(completions)),
        channel_(std::move(channel)),
        stub_(channel_),
        done_(std::move(done)) {}

  void Start(const std::string& request, absl::Duration timeout) {
    self_ = shared_from_this();
    // A span of time, not a point in it: system clocks jump.
    context_.set_deadline(gpr_time_from_nanos(absl::ToInt64Nanoseconds(timeout), GPR_TIMESPAN));
    reader_ = stub_.PrepareUnaryCall(&context_, kMethod, BufferOf(request), &completions_->queue());
    reader_->StartCall();
    reader_->Finish(&answer_, &status_, static_cast<CompletionThread::Completion*>(this));
    completions_->Await();
  }

  // After this `done` is not called, and the loop may go. On the loop's thread.
  void Cancel() {
    Settle();
    context_.TryCancel();
  }

  void OnCompleted(bool /*is_ok: always, of a Finish()*/) override {
    const std::shared_ptr<HealthCall> self = std::move(self_);
    Done done = Settle();
    if (!done) return;
    const bool is_connection_well = status_.error_code() != grpc::StatusCode::UNAVAILABLE &&
                                    status_.error_code() != grpc::StatusCode::DEADLINE_EXCEEDED;
    done(Judge(status_, answer_), is_connection_well);
  }

 private:
  // Who is to be told, once: null if nobody is.
  Done Settle() {
    if (completions_ == nullptr) return nullptr;
    std::exchange(completions_, nullptr)->Leave();
    return std::exchange(done_, nullptr);
  }

  std::shared_ptr<LoopCompletions> completions_;  // null: called or cancelled
  const std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader_;
  grpc::ByteBuffer answer_;  // this and the next are gRPC's until OnCompleted()
  grpc::Status status_;
  std::shared_ptr<HealthCall> self_;  // from Start() until OnCompleted()

  Done done_;
};

class HealthProbe final : public Prober::Probe {
 public:
  explicit HealthProbe(std::shared_ptr<HealthCall> call) : call_(std::move(call)) {}
  ~HealthProbe() override { call_->Cancel(); }

 private:
  const std::shared_ptr<HealthCall> call_;
};

class HealthWatch final : public Prober::Probe {
 public:
  explicit HealthWatch(std::shared_ptr<HealthStream> stream) : stream_(std::move(stream)) {}
  ~HealthWatch() override { stream_->Cancel(); }

 private:
  const std::shared_ptr<HealthStream> stream_;
};

// A watch that could not be made at all.
class FailedProbe final : public Prober::Probe {
 public:
  FailedProbe(EventLoop& loop, absl::Status status, Prober::Callback done)
      : done_(std::move(done)),
        timer_(loop.RunAfter(absl::ZeroDuration(), [this, status = std::move(status)] {
          Prober::Callback callback = std::move(done_);  // on the stack: it may destroy this
          callback(status);
        })) {}

 private:
  Prober::Callback done_;
  const std::unique_ptr<EventLoop::Handle> timer_;
};

// One channel per endpoint, and what watches it there. Confined to the loop's thread.
class HealthChannels {
 public:
  HealthChannels(std::shared_ptr<grpc::ChannelCredentials> credentials,
                 const grpc::ChannelArguments& arguments)
      : credentials_(std::move(credentials)), arguments_(arguments) {}

  std::shared_ptr<grpc::Channel> Get(const std::string& address) {
    std::shared_ptr<grpc::Channel>& channel = connections_[address].channel;
    if (channel == nullptr) {
      channel = grpc::CreateCustomChannel(GrpcTarget(address), credentials_, arguments_);
    }
    return channel;
  }

  void SetStream(const std::string& address, const std::shared_ptr<HealthStream>& stream) {
    connections_[address].stream = stream;
  }

  // The connection is in doubt, or not needed any more. A stream on it may never hear of that.
  void Drop(const std::string& address) {
    const auto found = connections_.find(address);
    if (found == connections_.end()) return;
    if (const auto stream = found->second.stream.lock()) stream->Break();
    connections_.erase(found);
  }

 private:
  struct Connection {
    std::shared_ptr<grpc::Channel> channel;
    std::weak_ptr<HealthStream> stream;
  };

  static std::string GrpcTarget(const std::string& address) {
    if (absl::StartsWith(address, "unix")) return address;
    return absl::StrCat(absl::StartsWith(address, "[") ? "ipv6:" : "ipv4:", address);
  }

  const std::shared_ptr<grpc::ChannelCredentials> credentials_;
  const grpc::ChannelArguments arguments_;
  absl::flat_hash_map<std::string, Connection> connections_;
};

class HealthProber final : public Prober {
 public:
  HealthProber(const GrpcProbeConfig& config, EventLoop& loop,
               std::shared_ptr<HealthChannels> channels)
      : service_name_(config.service_name),
        watches_(config.watch),
        request_(EncodeHealthCheckRequest(config.service_name)),
        loop_(loop),
        channels_(std::move(channels)),
        completions_(std::make_shared<LoopCompletions>(loop)) {}

  const char* kind() const override { return "grpc"; }

  std::unique_ptr<Probe> Start(const std::string& address, absl::Duration timeout,
                               Callback done) override {
    auto call = std::make_shared<HealthCall>(
        completions_, channels_->Get(address),
        [channels = channels_, address, service_name = service_name_, done = std::move(done)](
            const absl::Status& verdict, bool is_connection_well) mutable {
          if (!is_connection_well) channels->Drop(address);
          done(Named(verdict, service_name, address));
        });
    call->Start(request_, timeout);
    return std::make_unique<HealthProbe>(std::move(call));
  }

  std::unique_ptr<Probe> Listen(const std::string& address, WatchCallbacks callbacks) override {
    if (!watches_) return nullptr;
    if (absl::Status status = StartThread(); !status.ok()) {
      return std::make_unique<FailedProbe>(loop_, std::move(status), std::move(callbacks.on_end));
    }
    const auto stream = std::make_shared<HealthStream>(
        loop_, thread_, channels_->Get(address),
        WatchCallbacks{NameIt(address, std::move(callbacks.on_word)),
                       NameIt(address, std::move(callbacks.on_end))});
    stream->Start(request_);
    channels_->SetStream(address, stream);
    return std::make_unique<HealthWatch>(stream);
  }

  void Forget(const std::string& address) override { channels_->Drop(address); }

 private:
  // At the first watch: who only asks needs no thread.
  absl::Status StartThread() {
    if (thread_ != nullptr) return absl::OkStatus();
    auto thread = CompletionThread::Shared();
    if (!thread.ok()) return thread.status();
    thread_ = *std::move(thread);
    return absl::OkStatus();
  }

  Callback NameIt(const std::string& address, Callback callback) const {
    return [address, service_name = service_name_,
            callback = std::move(callback)](const absl::Status& status) mutable {
      callback(Named(status, service_name, address));
    };
  }

  static absl::Status Named(const absl::Status& verdict, const std::string& service_name,
                            const std::string& address) {
    if (verdict.ok()) return verdict;
    return absl::Status(verdict.code(), absl::StrCat("health of service \"", service_name, "\" at ",
                                                     address, ": ", verdict.message()));
  }

  const std::string service_name_;
  const bool watches_;
  const std::string request_;
  EventLoop& loop_;
  const std::shared_ptr<HealthChannels> channels_;
  const std::shared_ptr<LoopCompletions> completions_;
  std::shared_ptr<CompletionThread> thread_;  // null until the first watch
};

// The channel's own arguments, and what keeps a probe to one attempt at one endpoint. Of two with
// one name gRPC takes the later.
grpc::ChannelArguments ProbeArguments(grpc::ChannelArguments arguments,
                                      const std::string& authority) {
  arguments.SetLoadBalancingPolicyName("pick_first");
  arguments.SetServiceConfigJSON("{}");
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // Else a new channel would share the connection, and its backoff, of the one it replaces.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(kMaxAnswerBytes);
  // What is for large messages and for onlookers would cost more than the call: a ping after each
  // answer to measure the connection's bandwidth, records of each channel's past.
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_CHANNELZ, 0);
  if (!authority.empty()) arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, authority);
  return arguments;
}

}  // namespace

std::shared_ptr<Prober> MakeHealthProber(const GrpcProbeConfig& config,
                                         std::shared_ptr<grpc::ChannelCredentials> credentials,
                                         const grpc::ChannelArguments& arguments,
                                         const ProberContext& context) {
  auto channels = std::make_shared<HealthChannels>(std::move(credentials),
                                                   ProbeArguments(arguments, context.authority));
  return std::make_shared<HealthProber>(config, *context.loop, std::move(channels));
}

}  // namespace nines

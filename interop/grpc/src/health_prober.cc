// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// A probe is started, cancelled and delivered on the event loop's thread; its call ends on the
// CompletionThread, which posts the verdict to the loop.

#include "health_prober.h"

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "completion_thread.h"
#include "health_message.h"

namespace nines {
namespace {

constexpr char kMethod[] = "/grpc.health.v1.Health/Check";

// Two bytes are a whole answer; this leaves room for fields of later versions.
constexpr int kMaxAnswerBytes = 4096;

grpc::ByteBuffer BufferOf(const std::string& message) {
  const grpc::Slice slice(message);
  return grpc::ByteBuffer(&slice, 1);
}

std::string TextOf(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  if (!buffer.DumpToSingleSlice(&slice).ok()) return std::string();
  return std::string(reinterpret_cast<const char*>(slice.begin()), slice.size());
}

absl::Status JudgeAnswer(const grpc::ByteBuffer& answer) {
  const absl::StatusOr<ServingStatus> status = DecodeHealthCheckResponse(TextOf(answer));
  if (!status.ok()) return absl::UnavailableError(status.status().message());
  if (*status == ServingStatus::kServing) return absl::OkStatus();
  return absl::UnavailableError(ServingStatusName(*status));
}

// Codes that say something of their own to the health engine keep it only where they mean that.
absl::Status JudgeFailure(const grpc::Status& status) {
  const std::string message = absl::CHexEscape(status.error_message());
  switch (status.error_code()) {
    case grpc::StatusCode::UNIMPLEMENTED:
      return absl::UnimplementedError(absl::StrCat("it has no such health service: ", message));
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return absl::DeadlineExceededError(message);
    case grpc::StatusCode::NOT_FOUND:
      return absl::UnavailableError(absl::StrCat("it does not know this service: ", message));
    default:
      return absl::UnavailableError(
          absl::StrCat(absl::StatusCodeToString(static_cast<absl::StatusCode>(status.error_code())),
                       ": ", message));
  }
}

// One Check. Lives until both its probe and gRPC have let go of it.
class HealthCall final : public CompletionThread::Completion,
                         public std::enable_shared_from_this<HealthCall> {
 public:
  // Gets the verdict, and whether the connection is beyond doubt: the other side has answered.
  using Done = absl::AnyInvocable<void(const absl::Status& verdict, bool is_connection_well)>;

  HealthCall(EventLoop& loop, std::shared_ptr<grpc::Channel> channel, Done done)
      : channel_(std::move(channel)), stub_(channel_), done_(std::move(done)), loop_(&loop) {}

  void Start(grpc::CompletionQueue& queue, const std::string& request, absl::Duration timeout) {
    self_ = shared_from_this();
    // A span of time, not a point in it: system clocks jump.
    context_.set_deadline(gpr_time_from_nanos(absl::ToInt64Nanoseconds(timeout), GPR_TIMESPAN));
    reader_ = stub_.PrepareUnaryCall(&context_, kMethod, BufferOf(request), &queue);
    reader_->StartCall();
    reader_->Finish(&answer_, &status_, static_cast<CompletionThread::Completion*>(this));
  }

  // After this `done` is not called, and the loop may go. On the loop's thread.
  void Cancel() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      loop_ = nullptr;
    }
    done_ = nullptr;
    context_.TryCancel();
  }

  // On the completion thread.
  void OnCompleted() override {
    const std::shared_ptr<HealthCall> self = std::move(self_);  // outlives the lock
    const absl::Status verdict = status_.ok() ? JudgeAnswer(answer_) : JudgeFailure(status_);
    const bool is_connection_well = status_.error_code() != grpc::StatusCode::UNAVAILABLE &&
                                    status_.error_code() != grpc::StatusCode::DEADLINE_EXCEEDED;
    // The one call out under a lock: it keeps the loop, which need not outlive a cancelled probe.
    const std::lock_guard<std::mutex> lock(mutex_);
    if (loop_ == nullptr) return;
    loop_->Post([self, verdict, is_connection_well] {
      if (self->done_) std::exchange(self->done_, nullptr)(verdict, is_connection_well);
    });
  }

 private:
  const std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader_;
  grpc::ByteBuffer answer_;  // this and the next are gRPC's until OnCompleted()
  grpc::Status status_;
  std::shared_ptr<HealthCall> self_;  // from Start() until OnCompleted()

  Done done_;  // of the loop's thread; null: called or cancelled

  std::mutex mutex_;
  EventLoop* loop_;  // guarded by mutex_; null: cancelled
};

class HealthProbe final : public Prober::Probe {
 public:
  explicit HealthProbe(std::shared_ptr<HealthCall> call) : call_(std::move(call)) {}
  ~HealthProbe() override { call_->Cancel(); }

 private:
  const std::shared_ptr<HealthCall> call_;
};

// A probe that could not be made at all.
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

// One channel per endpoint. Confined to the loop's thread.
class HealthChannels {
 public:
  HealthChannels(std::shared_ptr<grpc::ChannelCredentials> credentials,
                 const grpc::ChannelArguments& arguments)
      : credentials_(std::move(credentials)), arguments_(arguments) {}

  std::shared_ptr<grpc::Channel> Get(const std::string& address) {
    std::shared_ptr<grpc::Channel>& channel = channels_[address];
    if (channel == nullptr) {
      channel = grpc::CreateCustomChannel(GrpcTarget(address), credentials_, arguments_);
    }
    return channel;
  }

  void Drop(const std::string& address) { channels_.erase(address); }

 private:
  static std::string GrpcTarget(const std::string& address) {
    if (absl::StartsWith(address, "unix")) return address;
    return absl::StrCat(absl::StartsWith(address, "[") ? "ipv6:" : "ipv4:", address);
  }

  const std::shared_ptr<grpc::ChannelCredentials> credentials_;
  const grpc::ChannelArguments arguments_;
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels_;
};

class HealthProber final : public Prober {
 public:
  HealthProber(const GrpcProbeConfig& config, EventLoop& loop,
               std::shared_ptr<HealthChannels> channels)
      : service_name_(config.service_name),
        request_(EncodeHealthCheckRequest(config.service_name)),
        loop_(loop),
        channels_(std::move(channels)) {}

  const char* kind() const override { return "grpc"; }

  std::unique_ptr<Probe> Start(const std::string& address, absl::Duration timeout,
                               Callback done) override {
    // At the first probe, so that to check a config needs no thread.
    if (thread_ == nullptr) {
      auto thread = CompletionThread::Shared();
      if (!thread.ok()) {
        return std::make_unique<FailedProbe>(loop_, thread.status(), std::move(done));
      }
      thread_ = *std::move(thread);
    }
    auto call = std::make_shared<HealthCall>(
        loop_, channels_->Get(address),
        [channels = channels_, address, service_name = service_name_, done = std::move(done)](
            const absl::Status& verdict, bool is_connection_well) mutable {
          if (!is_connection_well) channels->Drop(address);
          done(Named(verdict, service_name, address));
        });
    call->Start(thread_->queue(), request_, timeout);
    return std::make_unique<HealthProbe>(std::move(call));
  }

  void Forget(const std::string& address) override { channels_->Drop(address); }

 private:
  static absl::Status Named(const absl::Status& verdict, const std::string& service_name,
                            const std::string& address) {
    if (verdict.ok()) return verdict;
    return absl::Status(verdict.code(), absl::StrCat("health of service \"", service_name, "\" at ",
                                                     address, ": ", verdict.message()));
  }

  const std::string service_name_;
  const std::string request_;
  EventLoop& loop_;
  const std::shared_ptr<HealthChannels> channels_;
  std::shared_ptr<CompletionThread> thread_;  // null until the first probe
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

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "caller.h"

#include <utility>

#include "absl/time/clock.h"
#include "nines/grpc.h"
#include "testbed/echo_client.h"
#include "testbed/stock_channel.h"

namespace nines::bench {
namespace {

constexpr double kCallsPerSecond = 200;

absl::StatusOr<std::shared_ptr<::grpc::Channel>> Connect(Contender contender,
                                                         const std::string& target) {
  const ServiceConfigs configs = FaultConfigs();
  ::grpc::ChannelArguments arguments = testbed::ComparisonArguments();
  if (contender == Contender::kStock) {
    arguments.SetServiceConfigJSON(configs.stock);
    return ::grpc::CreateCustomChannel(target, ::grpc::InsecureChannelCredentials(), arguments);
  }
  ChannelOptions options;
  options.service_config_json = configs.nines;
  options.arguments = arguments;
  return CreateChannel(target, ::grpc::InsecureChannelCredentials(), options);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Caller>> Caller::Start(Contender contender,
                                                      const std::string& target, size_t backends) {
  absl::StatusOr<std::shared_ptr<::grpc::Channel>> channel = Connect(contender, target);
  if (!channel.ok()) return channel.status();
  if (absl::Status status = testbed::WarmUp(*channel, backends); !status.ok()) return status;
  return std::unique_ptr<Caller>(new Caller(*std::move(channel)));
}

Caller::Caller(std::shared_ptr<::grpc::Channel> channel) : channel_(std::move(channel)) {
  testbed::OpenLoopLoad::Options options;
  options.calls_per_second = kCallsPerSecond;
  options.on_end = [this](const testbed::OpenLoopLoad::EndedCall& call) { OnEnd(call); };
  load_ = std::make_unique<testbed::OpenLoopLoad>(channel_, std::move(options));
  start_ = absl::Now();
  load_->Start();
}

void Caller::OnEnd(const testbed::OpenLoopLoad::EndedCall& call) {
  const std::lock_guard<std::mutex> lock(mu_);
  first_answers_.try_emplace(call.reply.backend(), start_ + call.due);
}

std::optional<absl::Time> Caller::WaitForAnswerOf(const std::string& backend,
                                                  absl::Duration patience) {
  const absl::Time deadline = absl::Now() + patience;
  do {
    {
      const std::lock_guard<std::mutex> lock(mu_);
      const auto answer = first_answers_.find(backend);
      if (answer != first_answers_.end()) return answer->second;
    }
    absl::SleepFor(absl::Milliseconds(5));
  } while (absl::Now() < deadline);
  return std::nullopt;
}

}  // namespace nines::bench

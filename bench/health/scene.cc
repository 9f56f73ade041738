// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "scene.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "finding.h"
#include "nines/clock.h"
#include "nines/grpc.h"
#include "testbed/echo_client.h"
#include "testbed/stock_channel.h"

namespace nines::bench {
namespace {

absl::StatusOr<std::shared_ptr<::grpc::Channel>> CreateNinesChannel(
    const Scene::Options& options, std::shared_ptr<Observer> observer) {
  ChannelOptions channel_options;
  channel_options.service_config_json = options.configs.nines;
  channel_options.arguments = testbed::ComparisonArguments();
  channel_options.observer = std::move(observer);
  return CreateChannel(absl::StrCat("static:///", absl::StrJoin(options.addresses, ",")),
                       ::grpc::InsecureChannelCredentials(), channel_options);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Scene>> Scene::Start(const Options& options) {
  std::unique_ptr<Scene> scene(new Scene());
  if (absl::Status status = scene->Connect(options); !status.ok()) return status;
  scene->BeginCalls(options.calls_per_second);
  return scene;
}

absl::Status Scene::Connect(const Options& options) {
  if (options.contender == Contender::kStock) {
    channel_ = testbed::MakeStockChannel(options.addresses, options.configs.stock);
  } else {
    auto channel = CreateNinesChannel(options, events_);
    if (!channel.ok()) return channel.status();
    channel_ = *std::move(channel);
  }
  return testbed::WarmUp(channel_, options.addresses.size());
}

void Scene::BeginCalls(double calls_per_second) {
  testbed::OpenLoopLoad::Options options;
  options.calls_per_second = calls_per_second;
  const absl::Time start = Now();
  options.on_end = [this, start](const testbed::OpenLoopLoad::EndedCall& call) {
    const absl::Time due = start + call.due;
    calls_.Add({due, due + call.latency, call.status.ok(), call.reply.backend()});
  };
  load_ = std::make_unique<testbed::OpenLoopLoad>(channel_, std::move(options));
  load_->Start();
}

absl::StatusOr<Duel> Duel::Start(size_t backends, Scene::Options options) {
  absl::StatusOr<std::unique_ptr<testbed::Fleet>> fleet = testbed::Fleet::Start(backends);
  if (!fleet.ok()) return fleet.status();
  options.addresses = (*fleet)->addresses();
  options.contender = Contender::kNines;
  absl::StatusOr<std::unique_ptr<Scene>> nines = Scene::Start(options);
  if (!nines.ok()) return nines.status();
  options.contender = Contender::kStock;
  absl::StatusOr<std::unique_ptr<Scene>> stock = Scene::Start(options);
  if (!stock.ok()) return stock.status();
  return Duel{*std::move(fleet), *std::move(nines), *std::move(stock)};
}

absl::Time Now() { return ProcessClock().Now(); }

double SecondsBetween(absl::Time begin, const std::optional<absl::Time>& end) {
  return end ? absl::ToDoubleSeconds(*end - begin) : kNever;
}

double MillisecondsBetween(absl::Time begin, const std::optional<absl::Time>& end) {
  return SecondsBetween(begin, end) * 1000;
}

}  // namespace nines::bench

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "e2e_fixture.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace nines::testing {

void EndToEndTest::SetUp() {
  absl::StatusOr<std::unique_ptr<testbed::DnsServer>> dns = testbed::DnsServer::Start();
  ASSERT_TRUE(dns.ok()) << dns.status();
  dns_ = *std::move(dns);
}

void EndToEndTest::StartFleet(size_t size) {
  absl::StatusOr<std::unique_ptr<testbed::Fleet>> fleet = testbed::Fleet::Start(size);
  ASSERT_TRUE(fleet.ok()) << fleet.status();
  fleet_ = *std::move(fleet);
  const absl::Status status = dns_->SetAddresses(kServiceName, fleet_->hosts());
  ASSERT_TRUE(status.ok()) << status;
}

std::string EndToEndTest::DnsTarget() const {
  return absl::StrCat("dns://", dns_->address(), "/", kServiceName, ":", fleet_->port());
}

std::string EndToEndTest::StaticTarget() const {
  return absl::StrCat("static:///", absl::StrJoin(fleet_->addresses(), ","));
}

std::shared_ptr<::grpc::Channel> EndToEndTest::Connect(const std::string& target,
                                                       const std::string& service_config,
                                                       std::shared_ptr<Observer> observer) {
  ChannelOptions options;
  options.service_config_json = service_config;
  options.observer = std::move(observer);
  options.arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  absl::StatusOr<std::shared_ptr<::grpc::Channel>> channel =
      nines::CreateChannel(target, ::grpc::InsecureChannelCredentials(), options);
  EXPECT_TRUE(channel.ok()) << channel.status();
  return channel.ok() ? *std::move(channel) : nullptr;
}

std::set<std::string> EndToEndTest::BackendsOf(const std::shared_ptr<::grpc::Channel>& channel,
                                               int count, const testbed::EchoCall& call) {
  std::set<std::string> backends;
  for (int i = 0; i < count; ++i) {
    const absl::StatusOr<testbed::EchoReply> reply = MakeCall(channel, call);
    backends.insert(reply.ok() ? reply->backend() : reply.status().ToString());
  }
  return backends;
}

void EndToEndTest::WarmUp(const std::shared_ptr<::grpc::Channel>& channel) {
  const absl::Status status = testbed::WarmUp(channel, fleet_->size());
  ASSERT_TRUE(status.ok()) << status;
}

testbed::Backend& EndToEndTest::BackendNamed(absl::string_view name) {
  size_t index = 0;
  while (fleet_->backend(index).name() != name) ++index;
  return fleet_->backend(index);
}

testbed::EchoCall WithHashKey(const std::string& key) {
  return {.prepare = [key](::grpc::ClientContext& context) { SetHashKey(&context, key); }};
}

testbed::EchoCall WithHeader(const std::string& name, const std::string& value) {
  return {.prepare = [name, value](::grpc::ClientContext& context) {
    context.AddMetadata(name, value);
  }};
}

}  // namespace nines::testing

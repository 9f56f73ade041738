// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// A program outside the tree that uses nines inside gRPC, with no server: its call fails with
// UNAVAILABLE long before its deadline. Exit status 0: it went as documented.

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <nines/grpc.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace {

int Fail(const std::string& what) {
  std::cerr << what << "\n";
  return 1;
}

grpc::Status CallOnce(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  nines::SetHashKey(&context, "user-1");
  grpc::GenericStub stub(channel);
  grpc::CompletionQueue queue;
  auto call = stub.PrepareUnaryCall(&context, "/greeter.Greeter/Hello", grpc::ByteBuffer(), &queue);
  call->StartCall();
  grpc::ByteBuffer answer;
  grpc::Status status;
  call->Finish(&answer, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  return status;
}

}  // namespace

int main() {
  absl::Status registered = nines::RegisterGrpcPlugins();
  if (!registered.ok()) return Fail(registered.ToString());

  // Nothing listens on port 1.
  absl::StatusOr<std::shared_ptr<grpc::Channel>> channel = nines::CreateChannel(
      "static:///127.0.0.1:1,127.0.0.2:1", grpc::InsecureChannelCredentials(),
      {.service_config_json = R"({"loadBalancingConfig": [{"nines": {"hash": {}}}]})"});
  if (!channel.ok()) return Fail(channel.status().ToString());
  grpc::Status status = CallOnce(*channel);
  if (status.error_code() != grpc::StatusCode::UNAVAILABLE) {
    return Fail("expected UNAVAILABLE, got " + std::to_string(status.error_code()) + ": " +
                status.error_message());
  }

  absl::Status refused =
      nines::CreateChannel("static:///127.0.0.1:1", grpc::InsecureChannelCredentials(),
                           {.service_config_json = "{"})
          .status();
  if (refused.code() != absl::StatusCode::kInvalidArgument) {
    return Fail("a config that is not JSON was not refused: " + refused.ToString());
  }
  std::cout << "with_grpc: ok\n";
  return 0;
}

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// A gRPC client that survives its servers: the stub is the generated one, only the channel is new.
//   greeter_client dns:///greeter.example:50051 Ada

#include <cstdio>

#include <grpcpp/grpcpp.h>

#include "greeter.grpc.pb.h"
#include "nines/grpc.h"

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: greeter_client TARGET NAME\n"), 2;
  const auto channel = nines::CreateChannel(
      argv[1], grpc::InsecureChannelCredentials(),
      {.service_config_json = R"({"loadBalancingConfig": [{"nines": {"hash": {}}}]})"});
  if (!channel.ok()) return std::fprintf(stderr, "%s\n", channel.status().ToString().c_str()), 1;
  const auto stub = example::Greeter::NewStub(*channel);

  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(1));
  nines::SetHashKey(&context, argv[2]);  // the same name goes to the same server
  example::HelloRequest request;
  request.set_name(argv[2]);
  example::HelloReply reply;
  const grpc::Status status = stub->SayHello(&context, request, &reply);
  if (!status.ok()) return std::fprintf(stderr, "%s\n", status.error_message().c_str()), 1;
  std::printf("%s\n", reply.message().c_str());
}

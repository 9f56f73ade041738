// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// A plain gRPC server for greeter_client to call: nothing of nines is in it. Start several, and
// stop some while the client calls.
//   greeter_server 127.0.0.1:50051

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "greeter.grpc.pb.h"

namespace {

class Greeter final : public example::Greeter::Service {
 public:
  explicit Greeter(std::string address) : address_(std::move(address)) {}

  grpc::Status SayHello(grpc::ServerContext* /*context*/, const example::HelloRequest* request,
                        example::HelloReply* reply) override {
    reply->set_message("Hello, " + request->name() + ", from " + address_);
    return grpc::Status::OK;
  }

 private:
  const std::string address_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: greeter_server ADDRESS\n"), 2;
  Greeter greeter(argv[1]);
  grpc::ServerBuilder builder;
  int port = 0;  // where the address says 0, the system chooses one
  builder.AddListeningPort(argv[1], grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&greeter);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return std::fprintf(stderr, "%s: cannot listen there\n", argv[1]), 1;
  std::printf("listening on port %d\n", port);
  std::fflush(stdout);
  server->Wait();
}

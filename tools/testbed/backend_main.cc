// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// One real gRPC server, to be run as a process of its own and to be hurt: killed, stopped, or told
// on stdin to answer otherwise. testbed/backend.h is the other end of the conversation.
//
// Commands, one a line, each acknowledged by one line on stdout:
//   ok                    answer well again
//   fail CODE [PERCENT]   answer calls with this status, e.g. UNAVAILABLE: all, or this share
//   slow SECONDS [PERCENT]
//                         answer calls after this long: all, or this share
//   ok|fail … with NAME HEX
//                         the same, and send this trailing metadata, its value in hexadecimal
//   serving, not_serving  what its health service says of it and of its services; --health only
//   stats                 "calls N failed M": how many arrived so far, and were to fail
// It prints "ready" once it listens, and ends at the end of its stdin.

#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "flags/program_flags.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/health_check_service_interface.h"
#include "testbed/echo_service.h"
#include "testbed/status_code_names.h"

ABSL_FLAG(std::string, listen, "127.0.0.1:0", "host:port to listen on");
ABSL_FLAG(bool, health, true, "offer gRPC's standard health service");
ABSL_FLAG(std::string, name, "backend", "how it calls itself in its replies");
ABSL_FLAG(std::string, tls_certificate, "", "PEM file; with --tls_key: serve TLS");
ABSL_FLAG(std::string, tls_key, "", "PEM file");

namespace nines::testbed {
namespace {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

absl::StatusOr<std::shared_ptr<::grpc::ServerCredentials>> CreateCredentials() {
  if (absl::GetFlag(FLAGS_tls_certificate).empty()) return ::grpc::InsecureServerCredentials();
  const absl::StatusOr<std::string> certificate = ReadFile(absl::GetFlag(FLAGS_tls_certificate));
  if (!certificate.ok()) return certificate.status();
  const absl::StatusOr<std::string> key = ReadFile(absl::GetFlag(FLAGS_tls_key));
  if (!key.ok()) return key.status();
  ::grpc::SslServerCredentialsOptions options;
  options.pem_key_cert_pairs.push_back({*key, *certificate});
  return ::grpc::SslServerCredentials(options);
}

absl::StatusOr<std::unique_ptr<::grpc::Server>> StartServer(EchoService* service) {
  absl::StatusOr<std::shared_ptr<::grpc::ServerCredentials>> credentials = CreateCredentials();
  if (!credentials.ok()) return credentials.status();
  ::grpc::EnableDefaultHealthCheckService(absl::GetFlag(FLAGS_health));
  ::grpc::ServerBuilder builder;
  // Else a second server on a port in use would start, and get half of the connections.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddListeningPort(absl::GetFlag(FLAGS_listen), *credentials);
  builder.RegisterService(service);
  std::unique_ptr<::grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", absl::GetFlag(FLAGS_listen)));
  }
  // A service whose health nobody has set is unknown; the server as a whole is serving.
  if (auto* health = server->GetHealthCheckService()) {
    health->SetServingStatus(Echo::service_full_name(), true);
  }
  return server;
}

std::string SetHealth(bool is_serving, ::grpc::Server& server) {
  ::grpc::HealthCheckServiceInterface* health = server.GetHealthCheckService();
  if (health == nullptr) return "error: it has no health service";
  health->SetServingStatus(is_serving);
  health->SetServingStatus(Echo::service_full_name(), is_serving);
  return "done";
}

bool ParsePercent(absl::string_view word, double* percent) {
  return absl::SimpleAtod(word, percent) && *percent >= 0 && *percent <= 100;
}

absl::StatusOr<Behaviour> ParseSlowness(const std::vector<absl::string_view>& words) {
  double seconds = 0;
  double percent = 100;
  if (!absl::SimpleAtod(words[1], &seconds) ||
      (words.size() == 3 && !ParsePercent(words[2], &percent))) {
    return absl::InvalidArgumentError("slow takes seconds, and a percentage");
  }
  Behaviour behaviour;
  behaviour.delay = absl::Seconds(seconds);
  behaviour.delay_share = percent / 100;
  return behaviour;
}

absl::StatusOr<Behaviour> ParseFailure(const std::vector<absl::string_view>& words) {
  const absl::StatusOr<::grpc::StatusCode> code = ParseStatusCode(words[1]);
  if (!code.ok()) return code.status();
  double percent = 100;
  if (words.size() == 3 && !ParsePercent(words[2], &percent)) {
    return absl::InvalidArgumentError(absl::StrCat(words[2], " is no percentage"));
  }
  Behaviour behaviour;
  behaviour.status = ::grpc::Status(*code, "as told by the testbed");
  behaviour.status_share = percent / 100;
  return behaviour;
}

/// Does what `line` says; the line to acknowledge it with.
std::string Obey(absl::string_view line, EchoService& service, ::grpc::Server& server) {
  std::vector<absl::string_view> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
  if (words.empty()) return "error: empty command";
  if (words[0] == "stats") {
    return absl::StrCat("calls ", service.calls(), " failed ", service.failed_calls());
  }
  if (line == "serving" || line == "not_serving") return SetHealth(line == "serving", server);
  std::map<std::string, std::string> trailers;
  if (words.size() > 3 && words[words.size() - 3] == "with") {
    trailers[std::string(words[words.size() - 2])] = absl::HexStringToBytes(words.back());
    words.resize(words.size() - 3);
  }
  Behaviour behaviour;
  if (words[0] == "fail" && (words.size() == 2 || words.size() == 3)) {
    const absl::StatusOr<Behaviour> failure = ParseFailure(words);
    if (!failure.ok()) return absl::StrCat("error: ", failure.status().message());
    behaviour = *failure;
  } else if (words[0] == "slow" && (words.size() == 2 || words.size() == 3)) {
    const absl::StatusOr<Behaviour> slowness = ParseSlowness(words);
    if (!slowness.ok()) return absl::StrCat("error: ", slowness.status().message());
    behaviour = *slowness;
  } else if (words[0] != "ok") {
    return absl::StrCat("error: ", line);
  }
  behaviour.trailers = std::move(trailers);
  service.SetBehaviour(behaviour);
  return "done";
}

int Run() {
  EchoService service(absl::GetFlag(FLAGS_name), absl::GetFlag(FLAGS_listen));
  const absl::StatusOr<std::unique_ptr<::grpc::Server>> server = StartServer(&service);
  if (!server.ok()) {
    std::cout << "error: " << server.status().message() << std::endl;
    return 1;
  }
  std::cout << "ready" << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << Obey(line, service, **server) << std::endl;
  }
  (*server)->Shutdown(absl::ToChronoTime(absl::Now()));
  return 0;
}

}  // namespace
}  // namespace nines::testbed

int main(int argc, char** argv) {
  nines::ParseProgramFlags("A gRPC backend to be hurt; commands on stdin, see backend_main.cc",
                           argc, argv);
  return nines::testbed::Run();
}

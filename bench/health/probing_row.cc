// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bare_checks.h"
#include "fixed_resolver.h"
#include "nines/client.h"
#include "nines/grpc.h"
#include "process_cost.h"
#include "rows.h"
#include "scene.h"
#include "testbed/backend.h"
#include "testbed/eventually.h"
#include "testbed/free_port.h"
#include "testbed/http_server.h"
#include "testbed/stock_channel.h"

namespace nines::bench {
namespace {

constexpr size_t kEndpoints = 1'000;
constexpr absl::Duration kSettling = absl::Seconds(5);  // the first probe, and its connection
constexpr absl::Duration kLength = absl::Seconds(10);
// A connection to each endpoint, and some room.
constexpr size_t kDescriptors = 2 * kEndpoints + 500;

constexpr char kGrpcProbe[] = R"("grpc": {})";

/// What probing costs by one kind of probe.
struct Cost {
  double percent = 0;  // of one processor
  double threads = 0;
  std::optional<double> floor = std::nullopt;  // what the transport alone takes
};

/// "127.1.0.1:port", … which all are one process.
EndpointList EndpointsAt(int port) {
  constexpr size_t kPerNet = 250;
  EndpointList endpoints(kEndpoints);
  for (size_t i = 0; i < kEndpoints; ++i) {
    endpoints[i].address = absl::StrCat("127.1.", i / kPerNet, ".", i % kPerNet + 1, ":", port);
  }
  return endpoints;
}

std::string ConfigWith(const std::string& probe) {
  return testbed::ServiceConfig(
      absl::StrCat(R"([{"nines": {"healthCheck": {"interval": "2s", )", probe, "}}}]"), "");
}

/// What has to live as long as the client.
struct ProbingClient {
  std::unique_ptr<Registry> registry = std::make_unique<Registry>(BuiltinRegistry());
  std::shared_ptr<Client> client;
};

absl::StatusOr<ProbingClient> CreateClient(const std::string& probe, int port) {
  ProbingClient made;
  made.registry->SetResolver("thousand", MakeFixedResolverFactory(EndpointsAt(port)));
  if (probe == kGrpcProbe) {
    made.registry->SetProber("grpc", MakeGrpcProberFactory(::grpc::InsecureChannelCredentials()));
  }
  absl::StatusOr<std::shared_ptr<Client>> client =
      Client::Create("thousand:///endpoints.test",
                     {.service_config_json = ConfigWith(probe), .registry = made.registry.get()});
  if (!client.ok()) return client.status();
  made.client = *std::move(client);
  return made;
}

size_t CountIn(HealthState state, const Client& client) {
  const std::vector<EndpointStatus> endpoints = client.Endpoints();
  return static_cast<size_t>(
      std::count_if(endpoints.begin(), endpoints.end(),
                    [&](const EndpointStatus& endpoint) { return endpoint.state == state; }));
}

absl::Status CheckAllIn(HealthState state, const Client& client, absl::Duration patience) {
  if (testbed::Eventually([&] { return CountIn(state, client) == kEndpoints; }, patience)) {
    return absl::OkStatus();
  }
  return absl::InternalError(absl::StrCat("only ", CountIn(state, client), " of ", kEndpoints,
                                          " probed endpoints are ", HealthStateName(state)));
}

/// `end_server` makes all probes fail: that endpoints are ejected then shows that what was measured
/// were probes.
absl::StatusOr<Cost> MeasureKind(const std::string& probe, int port,
                                 absl::FunctionRef<void()> end_server) {
  const absl::StatusOr<ProbingClient> made = CreateClient(probe, port);
  if (!made.ok()) return made.status();
  Client& client = *made->client;
  absl::SleepFor(kSettling);
  const absl::Time begin = Now();
  const absl::Duration before = ProcessorTime();
  absl::SleepFor(kLength);
  const absl::Duration used = ProcessorTime() - before;
  const Cost cost = {100 * absl::FDivDuration(used, Now() - begin),
                     static_cast<double>(CountThreadsOfNines())};
  absl::Status status = CheckAllIn(HealthState::kHealthy, client, absl::ZeroDuration());
  end_server();
  status.Update(CheckAllIn(HealthState::kEjected, client, absl::Seconds(20)));
  client.Shutdown();
  if (!status.ok()) return status;
  return cost;
}

absl::StatusOr<Cost> MeasureOverHttpServer(const std::string& probe) {
  absl::StatusOr<std::unique_ptr<testbed::HttpServer>> server = testbed::HttpServer::Start();
  if (!server.ok()) return server.status();
  return MeasureKind(probe, (*server)->port(), [&] { server->reset(); });
}

absl::StatusOr<double> MeasureFloor(int port) {
  std::vector<std::string> addresses;
  for (const Endpoint& endpoint : EndpointsAt(port)) addresses.push_back(endpoint.address);
  return MeasureBareChecks(addresses, kSettling, kLength);
}

absl::StatusOr<Cost> MeasureOverGrpcServer() {
  const absl::StatusOr<int> port = testbed::FindFreePort({"0.0.0.0"});
  if (!port.ok()) return port.status();
  absl::StatusOr<std::unique_ptr<testbed::Backend>> server =
      testbed::Backend::Start({.address = absl::StrCat("0.0.0.0:", *port)});
  if (!server.ok()) return server.status();
  const absl::StatusOr<double> floor = MeasureFloor(*port);
  if (!floor.ok()) return floor.status();
  absl::StatusOr<Cost> cost = MeasureKind(kGrpcProbe, *port, [&] { server->reset(); });
  if (cost.ok()) cost->floor = *floor;
  return cost;
}

std::vector<Finding> LeaveOut(const absl::Status& why) {
  Finding finding = {.title = "probes of 1,000 endpoints every 2 s: of a core", .limit = 3};
  finding.unit = "%";
  finding.left_out = std::string(why.message());
  return {finding};
}

absl::StatusOr<Cost> MeasureKindNamed(const std::string& kind) {
  if (kind == "tcp") return MeasureOverHttpServer(R"("tcp": {})");
  if (kind == "http") return MeasureOverHttpServer(R"("http": {"path": "/"})");
  return MeasureOverGrpcServer();
}

}  // namespace

absl::StatusOr<std::vector<Finding>> MeasureProbing(const RowOptions& /*options*/) {
  if (absl::Status status = AllowDescriptors(kDescriptors); !status.ok()) return LeaveOut(status);
  std::vector<Finding> findings;
  for (const std::string kind : {"tcp", "http", "grpc"}) {
    const absl::StatusOr<Cost> cost = MeasureKindNamed(kind);
    if (!cost.ok()) return cost.status();
    findings.push_back({.title = absl::StrCat(kind, " probes of 1,000 endpoints / 2 s: of a core"),
                        .measured = cost->percent,
                        .limit = 3,
                        .unit = "%",
                        .floor = cost->floor});
    findings.push_back({.title = absl::StrCat(kind, " probes of 1,000 endpoints / 2 s: threads"),
                        .measured = cost->threads,
                        .limit = 1});
  }
  return findings;
}

}  // namespace nines::bench

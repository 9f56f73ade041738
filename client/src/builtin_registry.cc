// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/dns_resolver.h"
#include "nines/file_resolver.h"
#include "nines/hash_policy.h"
#include "nines/http_probe.h"
#include "nines/least_request_policy.h"
#include "nines/manual_resolver.h"
#include "nines/random_policy.h"
#include "nines/registry.h"
#include "nines/round_robin_policy.h"
#include "nines/srv_resolver.h"
#include "nines/static_resolver.h"
#include "nines/tcp_probe.h"
#include "nines/uv_event_loop.h"

namespace nines {
namespace {

Registry MakeBuiltinRegistry() {
  Registry registry;
  registry.SetResolver("dns", MakeDnsResolverFactory());
  registry.SetResolver("file", MakeFileResolverFactory());
  registry.SetResolver("manual", MakeManualResolverFactory());
  registry.SetResolver("srv", MakeSrvResolverFactory());
  registry.SetResolver("static", MakeStaticResolverFactory());
  registry.SetPolicy("random", [](const BalancerConfig&) { return MakeRandomPolicy(); });
  registry.SetPolicy("hash", [](const BalancerConfig& config) {
    return MakeHashPolicy(std::get<HashConfig>(config.algorithm));
  });
  registry.SetPolicy("leastRequest", [](const BalancerConfig& config) {
    return MakeLeastRequestPolicy(std::get<LeastRequestConfig>(config.algorithm));
  });
  registry.SetPolicy("roundRobin", [](const BalancerConfig&) { return MakeRoundRobinPolicy(); });
  registry.SetProber("tcp", [](const HealthCheckConfig&, const ProberContext& context) {
    return MakeTcpProber(*context.loop);
  });
  registry.SetProber("http", [](const HealthCheckConfig& config, const ProberContext& context) {
    return CreateHttpProber(std::get<HttpProbeConfig>(config.probe), context);
  });
  registry.SetEventLoop(CreateUvEventLoop);
  return registry;
}

}  // namespace

const Registry& BuiltinRegistry() {
  // Never destroyed: clients may outlive main().
  static const Registry& registry = *new Registry(MakeBuiltinRegistry());
  return registry;
}

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "ninesctl/probe.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nines/config.h"
#include "ninesctl/config_file.h"
#include "ninesctl/discovery.h"
#include "ninesctl/endpoint_json.h"
#include "ninesctl/probe_run.h"
#include "ninesctl/probing_registry.h"
#include "ninesctl/table.h"

namespace nines::ctl {
namespace {

using Verdict = ProbedEndpoint::Verdict;

absl::StatusOr<BalancerConfig> ReadCheck(const std::string& path, std::istream& in) {
  absl::StatusOr<ServiceConfig> config = ReadConfigOrAssumeHash(path, in);
  if (!config.ok()) return config.status();
  if (!config->balancer.health_check.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": has no healthCheck to probe with; allowed instead: --tcp, --http, --grpc"));
  }
  return std::move(config->balancer);
}

// By the SDK's own parser, which knows what is allowed.
absl::StatusOr<BalancerConfig> MakeCheck(const ProbeOptions& options) {
  Json check = Json::Object();
  if (options.http_path) {
    check.Set("http", std::move(Json::Object().Set("path", *options.http_path)));
  } else if (options.grpc_service) {
    check.Set("grpc", std::move(Json::Object().Set("serviceName", *options.grpc_service)));
  } else {
    check.Set("tcp", Json::Object());
  }
  Json nines = Json::Object();
  nines.Set("healthCheck", std::move(check));
  return ParseBalancerConfig(nines.OnOneLine());
}

absl::StatusOr<BalancerConfig> CheckOf(const ProbeOptions& options, std::istream& in) {
  absl::StatusOr<BalancerConfig> config =
      options.config.empty() ? MakeCheck(options) : ReadCheck(options.config, in);
  if (config.ok() && options.timeout) config->health_check->timeout = *options.timeout;
  return config;
}

absl::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHealthy:
      return "healthy";
    case Verdict::kUnhealthy:
      return "unhealthy";
    case Verdict::kUnknown:
      return "unknown";
  }
  return "";
}

Tone ToneOf(Verdict verdict) {
  return verdict == Verdict::kHealthy     ? Tone::kGood
         : verdict == Verdict::kUnhealthy ? Tone::kBad
                                          : Tone::kPlain;
}

std::string ErrorText(const absl::Status& error) {
  if (error.ok()) return "";
  return absl::StrCat(absl::StatusCodeToString(error.code()), ": ", error.message());
}

void WriteText(const std::string& target, const char* kind,
               const std::vector<ProbedEndpoint>& results, Console& console) {
  Table table({{"ADDRESS"},
               {"VERDICT"},
               {"GOOD", Table::Align::kRight},
               {"TIME", Table::Align::kRight},
               {"ERROR"}});
  for (const ProbedEndpoint& result : results) {
    table.Add({result.endpoint.address,
               {std::string(VerdictName(result.verdict())), ToneOf(result.verdict())},
               absl::StrCat(result.good_answers(), "/", result.answers.size()),
               TimeText(result.typical_time()),
               ErrorText(result.last_error())});
  }
  console.out << Printable(target) << ": " << CountText(results.size(), "endpoint")
              << ", probed by " << kind << "\n"
              << table.Render(console.has_color);
}

Json AnswersJson(const ProbedEndpoint& result) {
  Json answers = Json::Array();
  for (const ProbedEndpoint::Answer& answer : result.answers) {
    Json json = Json::Object();
    json.Set("took_ms", JsonMilliseconds(answer.took)).Set("error", ErrorJson(answer.status));
    answers.Append(std::move(json));
  }
  return answers;
}

void WriteJson(const std::string& target, const char* kind,
               const std::vector<ProbedEndpoint>& results, Console& console) {
  Json endpoints = Json::Array();
  for (const ProbedEndpoint& result : results) {
    Json json = EndpointJson(result.endpoint);
    json.Set("verdict", VerdictName(result.verdict())).Set("probes", AnswersJson(result));
    endpoints.Append(std::move(json));
  }
  Json json = Json::Object();
  json.Set("target", target).Set("kind", kind).Set("endpoints", std::move(endpoints));
  console.Write(json);
}

}  // namespace

absl::StatusOr<ExitStatus> Probe(const ProbeOptions& options, Console& console) {
  const absl::StatusOr<BalancerConfig> config = CheckOf(options, console.in);
  if (!config.ok()) return config.status();
  const absl::StatusOr<Endpoints> endpoints =
      FindEndpoints(options.target, options.resolve_timeout);
  if (!endpoints.ok()) return endpoints.status();
  EventLoop& loop = *endpoints->loop;

  auto prober = CreateProber(*config, {&loop, endpoints->authority});
  if (!prober.ok()) return prober.status();
  const std::vector<ProbedEndpoint> results =
      ProbeAll(endpoints->list, {config->health_check->timeout, options.count}, loop, **prober);
  const char* const kind = (*prober)->kind();
  if (console.is_json()) {
    WriteJson(options.target, kind, results, console);
  } else {
    WriteText(options.target, kind, results, console);
  }
  RunOnLoopAndWait(loop, [&] { prober->reset(); });  // it is the loop's

  const bool is_good = std::none_of(results.begin(), results.end(), [](const auto& result) {
    return result.verdict() == Verdict::kUnhealthy;
  });
  return is_good ? ExitStatus::kGood : ExitStatus::kBadNews;
}

}  // namespace nines::ctl

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "ninesctl/explain.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "key_hash.h"
#include "nines/balancer.h"
#include "ninesctl/config_file.h"
#include "ninesctl/discovery.h"
#include "ninesctl/endpoint_json.h"
#include "ninesctl/probing_registry.h"
#include "ninesctl/table.h"

namespace nines::ctl {
namespace {

// Of --header name=value, several of one name in their order. Immutable.
class GivenHeaders final : public CallHeaders {
 public:
  explicit GivenHeaders(const std::vector<std::string>& pairs) {
    for (const std::string& pair : pairs) {
      const size_t equals = pair.find('=');
      headers_.emplace_back(absl::AsciiStrToLower(pair.substr(0, equals)), pair.substr(equals + 1));
    }
  }

  std::optional<absl::string_view> Get(absl::string_view name, std::string* buffer) const override {
    std::vector<absl::string_view> values;
    for (const auto& [known, value] : headers_) {
      if (known == name) values.push_back(value);
    }
    if (values.empty()) return std::nullopt;
    *buffer = absl::StrJoin(values, ",");
    return *buffer;
  }

 private:
  std::vector<std::pair<std::string, std::string>> headers_;
};

// What was found, for either way to show it.
struct Explanation {
  std::string policy;
  bool has_key = false;
  std::vector<std::string> notes;
  std::vector<CandidateVerdict> candidates;

  // Who takes the call; null: nobody.
  const Endpoint* taker() const {
    for (const CandidateVerdict& candidate : candidates) {
      if (IsTaker(candidate)) return &candidate.endpoint;
    }
    return nullptr;
  }
  static bool IsTaker(const CandidateVerdict& candidate) {
    return candidate.kind == CandidateVerdict::Kind::kTakes ||
           candidate.kind == CandidateVerdict::Kind::kHealthIgnored;
  }
};

Call MakeCall(const ExplainOptions& options, const CallHeaders& headers) {
  Call call;
  call.method = options.method;
  call.hash_key = options.key;
  call.client_ip = options.client_ip;
  call.request_content = options.request_content;
  call.headers = &headers;
  return call;
}

bool HasKey(const BalancerConfig& config, const Call& call) {
  const auto* hash = std::get_if<HashConfig>(&config.algorithm);
  return hash != nullptr && KeyHasher(hash->keys).HasKey(call);
}

std::vector<std::string> Notes(const ExplainOptions& options, const BalancerConfig& config,
                               const Explanation& found) {
  std::vector<std::string> notes;
  if (options.config.empty()) notes.emplace_back("no --config: policy hash is assumed");
  if (found.policy != "hash") {
    notes.push_back(absl::StrCat("policy ", found.policy,
                                 " uses no key: this is one of the orders that a call may have"));
  } else if (!found.has_key) {
    notes.emplace_back(
        "the call has none of the policy's keys: this is one of the orders that it may have");
  }
  if (config.subset_size != 0) {
    notes.push_back(absl::StrCat("nines.subset: each client uses ", config.subset_size,
                                 " endpoints of its own; these are what one has"));
  }
  if (!options.wait) notes.emplace_back("health was not asked; --wait lets the healthCheck probe");
  return notes;
}

// A balancer as a client has it, with the endpoints that are known, for as long as it takes.
absl::StatusOr<std::vector<CandidateVerdict>> AskBalancer(const ExplainOptions& options,
                                                          const BalancerConfig& config,
                                                          const Endpoints& endpoints,
                                                          const Call& call) {
  Balancer::Options parts;
  parts.target = options.target;
  parts.config = config;
  parts.loop = endpoints.loop;
  auto policy = BuiltinRegistry().MakePolicy(config);
  if (!policy.ok()) return policy.status();
  parts.policy = *std::move(policy);
  if (config.health_check) {
    auto prober = CreateProber(config, {endpoints.loop.get(), endpoints.authority});
    if (!prober.ok()) return prober.status();
    parts.prober = *std::move(prober);
  }
  const std::shared_ptr<Balancer> balancer = Balancer::Create(std::move(parts));
  balancer->Update(SelectSubset(endpoints.list, config.subset_size, ProcessRandom().Next()));
  if (options.wait) absl::SleepFor(*options.wait);
  std::vector<CandidateVerdict> candidates = balancer->Explain(call);
  balancer->Shutdown();
  return candidates;
}

void WriteText(const ExplainOptions& options, const Explanation& found, Console& console) {
  const Endpoint* const taker = found.taker();
  console.out << Printable(options.target) << ", policy " << found.policy << ": "
              << (taker != nullptr
                      ? Toned(absl::StrCat("goes to ", Printable(taker->address)), Tone::kGood,
                              console.has_color)
                      : Toned("no endpoint takes the call", Tone::kBad, console.has_color))
              << "\n";
  for (const std::string& note : found.notes) console.out << "  " << note << "\n";
  Table table({{"ORDER", Table::Align::kRight},
               {"ADDRESS"},
               {"WEIGHT", Table::Align::kRight},
               {"TIER", Table::Align::kRight},
               {"HASH KEY"},
               {"VERDICT"},
               {"REASON"}});
  for (size_t i = 0; i < found.candidates.size(); ++i) {
    const CandidateVerdict& candidate = found.candidates[i];
    table.Add({absl::StrCat(i + 1),
               candidate.endpoint.address,
               absl::StrCat(candidate.endpoint.weight),
               absl::StrCat(candidate.endpoint.tier),
               candidate.endpoint.hash_key,
               {std::string(CandidateVerdictName(candidate.kind)),
                Explanation::IsTaker(candidate) ? Tone::kGood : Tone::kPlain},
               candidate.reason});
  }
  console.out << table.Render(console.has_color);
}

void WriteJson(const ExplainOptions& options, const Explanation& found, Console& console) {
  Json notes = Json::Array();
  for (const std::string& note : found.notes) notes.Append(note);
  Json candidates = Json::Array();
  for (const CandidateVerdict& candidate : found.candidates) {
    Json json = EndpointJson(candidate.endpoint);
    json.Set("verdict", CandidateVerdictName(candidate.kind)).Set("reason", candidate.reason);
    candidates.Append(std::move(json));
  }
  const Endpoint* const taker = found.taker();
  Json json = Json::Object();
  json.Set("target", options.target).Set("policy", found.policy).Set("has_key", found.has_key);
  json.Set("notes", std::move(notes));
  json.Set("taken_by", taker != nullptr ? Json(taker->address) : Json::Null());
  json.Set("candidates", std::move(candidates));
  console.Write(json);
}

// The config as this question needs it: nobody is probed unless there is time for it.
absl::StatusOr<BalancerConfig> ConfigFor(const ExplainOptions& options, std::istream& in) {
  absl::StatusOr<ServiceConfig> config = ReadConfigOrAssumeHash(options.config, in);
  if (!config.ok()) return config.status();
  if (!options.wait) {
    config->balancer.health_check.reset();
  } else if (!config->balancer.health_check) {
    return absl::InvalidArgumentError(
        "--wait: there is nothing to wait for; allowed with a --config that has a healthCheck");
  }
  return std::move(config->balancer);
}

}  // namespace

absl::StatusOr<ExitStatus> Explain(const ExplainOptions& options, Console& console) {
  const absl::StatusOr<BalancerConfig> config = ConfigFor(options, console.in);
  if (!config.ok()) return config.status();
  const absl::StatusOr<Endpoints> endpoints =
      FindEndpoints(options.target, options.resolve_timeout);
  if (!endpoints.ok()) return endpoints.status();

  const GivenHeaders headers(options.headers);
  const Call call = MakeCall(options, headers);
  auto candidates = AskBalancer(options, *config, *endpoints, call);
  if (!candidates.ok()) return candidates.status();
  Explanation found;
  found.policy = std::string((*BuiltinRegistry().MakePolicy(*config))->name());
  found.has_key = HasKey(*config, call);
  found.notes = Notes(options, *config, found);
  found.candidates = *std::move(candidates);
  if (console.is_json()) {
    WriteJson(options, found, console);
  } else {
    WriteText(options, found, console);
  }
  return found.taker() != nullptr ? ExitStatus::kGood : ExitStatus::kBadNews;
}

}  // namespace nines::ctl

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "ninesctl/whatif.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "nines/registry.h"
#include "ninesctl/config_file.h"
#include "ninesctl/discovery.h"
#include "ninesctl/endpoint_json.h"
#include "ninesctl/key_moves.h"
#include "ninesctl/table.h"

namespace nines::ctl {
namespace {

// Which client's subset is looked at, where there are subsets: the same in each run.
constexpr uint64_t kSubsetSeed = 1;

// Addresses in messages, beyond which a list helps nobody.
constexpr size_t kMaxListed = 10;

// By the SDK's own parser of such lists, in the form in which equal addresses are equal text.
absl::StatusOr<EndpointList> ParseAddresses(absl::string_view option,
                                            const std::vector<std::string>& addresses,
                                            absl::Duration timeout) {
  if (addresses.empty()) return EndpointList();
  const absl::StatusOr<Endpoints> found =
      FindEndpoints(absl::StrCat("static:///", absl::StrJoin(addresses, ",")), timeout);
  if (found.ok()) return found->list;
  return absl::Status(found.status().code(), absl::StrCat(option, ": ", found.status().message()));
}

std::string Listed(const EndpointList& endpoints) {
  const size_t shown = std::min(endpoints.size(), kMaxListed);
  const std::string list =
      absl::StrJoin(endpoints.begin(), endpoints.begin() + static_cast<std::ptrdiff_t>(shown), ", ",
                    [](std::string* out, const Endpoint& endpoint) { *out += endpoint.address; });
  if (shown == endpoints.size()) return list;
  return absl::StrCat(list, " and ", endpoints.size() - shown, " more");
}

auto AtAddress(const std::string& address) {
  return [address](const Endpoint& endpoint) { return endpoint.address == address; };
}

absl::Status Remove(const EndpointList& gone, EndpointList& list) {
  const EndpointList before = list;
  for (const Endpoint& endpoint : gone) {
    const auto found = std::find_if(list.begin(), list.end(), AtAddress(endpoint.address));
    if (found == list.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--remove: ", endpoint.address,
                       " is no endpoint of the target; allowed: ", Listed(before)));
    }
    list.erase(found);
  }
  return absl::OkStatus();
}

// To the first tier of the target, where calls go.
absl::Status Add(const EndpointList& fresh, const EndpointList& before, uint32_t weight,
                 EndpointList& list) {
  const auto first =
      std::min_element(before.begin(), before.end(),
                       [](const Endpoint& a, const Endpoint& b) { return a.tier < b.tier; });
  for (Endpoint endpoint : fresh) {
    if (std::any_of(before.begin(), before.end(), AtAddress(endpoint.address))) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--add: ", endpoint.address, " is an endpoint of the target already; allowed: others"));
    }
    endpoint.weight = weight;
    endpoint.tier = first->tier;
    list.push_back(std::move(endpoint));
  }
  return absl::OkStatus();
}

absl::StatusOr<EndpointList> Changed(const WhatIfOptions& options, const EndpointList& before) {
  const absl::StatusOr<EndpointList> gone =
      ParseAddresses("--remove", options.remove, options.resolve_timeout);
  if (!gone.ok()) return gone.status();
  const absl::StatusOr<EndpointList> fresh =
      ParseAddresses("--add", options.add, options.resolve_timeout);
  if (!fresh.ok()) return fresh.status();
  EndpointList after = before;
  if (absl::Status status = Remove(*gone, after); !status.ok()) return status;
  if (absl::Status status = Add(*fresh, before, options.weight, after); !status.ok()) return status;
  return after;
}

// What was found, for either way to show it.
struct Answer {
  std::string policy;
  bool uses_keys = false;
  std::vector<std::string> notes;
  KeyMoves moves;

  double RatioOf(uint64_t keys) const {
    return static_cast<double>(keys) / static_cast<double>(moves.keys);
  }
  double moved_ratio() const { return RatioOf(moves.moved); }
  double unavoidable_ratio() const { return RatioOf(moves.unavoidable); }
  double beyond_ratio() const { return RatioOf(moves.moved - moves.unavoidable); }
};

bool HasTiers(const EndpointList& list) {
  return std::any_of(list.begin(), list.end(),
                     [&](const Endpoint& endpoint) { return endpoint.tier != list.front().tier; });
}

std::vector<std::string> Notes(const WhatIfOptions& options, const BalancerConfig& config,
                               const Answer& answer, const EndpointList& before) {
  std::vector<std::string> notes;
  if (options.config.empty()) notes.emplace_back("no --config: policy hash is assumed");
  if (!answer.uses_keys) {
    notes.push_back(absl::StrCat("policy ", answer.policy, " uses no key, so none moves"));
  }
  if (config.subset_size != 0) {
    notes.push_back(absl::StrCat("nines.subset: each client uses ", config.subset_size,
                                 " endpoints of its own; this is one client"));
  }
  if (HasTiers(before)) notes.emplace_back("all calls go to the first tier while it is well");
  return notes;
}

const char* ChangeOf(const KeyMoves::PerEndpoint& endpoint) {
  if (!endpoint.is_after) return "removed";
  return endpoint.is_before ? "stays" : "added";
}

std::string PercentText(double ratio) { return absl::StrFormat("%.3f %%", ratio * 100); }

void WriteText(const WhatIfOptions& options, const Answer& answer, Console& console) {
  console.out << Printable(options.target) << ", policy " << answer.policy;
  if (answer.uses_keys) {
    const bool is_least = answer.moves.moved == answer.moves.unavoidable;
    console.out << ": of " << answer.moves.keys << " keys " << PercentText(answer.moved_ratio())
                << " move, "
                << Toned(absl::StrCat(PercentText(answer.beyond_ratio()), " more than they must"),
                         is_least ? Tone::kGood : Tone::kPlain, console.has_color);
  }
  console.out << "\n";
  for (const std::string& note : answer.notes) console.out << "  " << note << "\n";
  Table table({{"ADDRESS"},
               {"WEIGHT", Table::Align::kRight},
               {"TIER", Table::Align::kRight},
               {"CHANGE"},
               {"LOAD BEFORE", Table::Align::kRight},
               {"AFTER", Table::Align::kRight}});
  for (const KeyMoves::PerEndpoint& one : answer.moves.endpoints) {
    const std::string before = PercentText(answer.RatioOf(one.keys_before));
    const std::string after = PercentText(answer.RatioOf(one.keys_after));
    table.Add({one.endpoint.address, absl::StrCat(one.endpoint.weight),
               absl::StrCat(one.endpoint.tier), std::string(ChangeOf(one)),
               one.is_before ? before : "-", one.is_after ? after : "-"});
  }
  console.out << table.Render(console.has_color);
}

void WriteJson(const WhatIfOptions& options, const Answer& answer, Console& console) {
  Json notes = Json::Array();
  for (const std::string& note : answer.notes) notes.Append(note);
  Json endpoints = Json::Array();
  for (const KeyMoves::PerEndpoint& one : answer.moves.endpoints) {
    Json json = EndpointJson(one.endpoint);
    json.Set("change", ChangeOf(one));
    json.Set("load_before", answer.RatioOf(one.keys_before));
    json.Set("load_after", answer.RatioOf(one.keys_after));
    endpoints.Append(std::move(json));
  }
  const auto if_keys = [&](double ratio) { return answer.uses_keys ? Json(ratio) : Json::Null(); };
  Json json = Json::Object();
  json.Set("target", options.target).Set("policy", answer.policy).Set("keys", answer.moves.keys);
  json.Set("moved_ratio", if_keys(answer.moved_ratio()));
  json.Set("unavoidable_ratio", if_keys(answer.unavoidable_ratio()));
  json.Set("beyond_ratio", if_keys(answer.beyond_ratio()));
  json.Set("notes", std::move(notes)).Set("endpoints", std::move(endpoints));
  console.Write(json);
}

}  // namespace

absl::StatusOr<ExitStatus> WhatIf(const WhatIfOptions& options, Console& console) {
  if (options.remove.empty() && options.add.empty()) {
    return absl::InvalidArgumentError("nothing changes; allowed: --remove and --add, or both");
  }
  const absl::StatusOr<ServiceConfig> config = ReadConfigOrAssumeHash(options.config, console.in);
  if (!config.ok()) return config.status();
  const auto policy = BuiltinRegistry().MakePolicy(config->balancer);
  if (!policy.ok()) return policy.status();
  const absl::StatusOr<Endpoints> before = FindEndpoints(options.target, options.resolve_timeout);
  if (!before.ok()) return before.status();
  const absl::StatusOr<EndpointList> after = Changed(options, before->list);
  if (!after.ok()) return after.status();

  const uint32_t subset = config->balancer.subset_size;
  Answer answer;
  answer.policy = std::string((*policy)->name());
  answer.uses_keys = (*policy)->seed_source() == Policy::SeedSource::kHashKey;
  answer.notes = Notes(options, config->balancer, answer, before->list);
  answer.moves = CountKeyMoves(**policy, SelectSubset(before->list, subset, kSubsetSeed),
                               SelectSubset(*after, subset, kSubsetSeed), options.keys);
  if (console.is_json()) {
    WriteJson(options, answer, console);
  } else {
    WriteText(options, answer, console);
  }
  return after->empty() ? ExitStatus::kBadNews : ExitStatus::kGood;
}

}  // namespace nines::ctl

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "ninesctl/snapshot_show.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "nines/snapshot.h"
#include "ninesctl/endpoint_json.h"
#include "ninesctl/snapshot_read.h"
#include "ninesctl/table.h"

namespace nines::ctl {
namespace {

// By address, what was learned of it; of endpoints that were not in use, nothing was.
using LearnedOf = absl::flat_hash_map<absl::string_view, const LearnedEndpoint*>;

LearnedOf IndexLearned(const Snapshot& snapshot) {
  LearnedOf learned_of;
  for (const LearnedEndpoint& learned : snapshot.learned.endpoints) {
    learned_of.emplace(learned.address, &learned);
  }
  return learned_of;
}

const LearnedEndpoint* Find(const LearnedOf& learned_of, const Endpoint& endpoint) {
  const auto found = learned_of.find(endpoint.address);
  return found == learned_of.end() ? nullptr : found->second;
}

bool HasLatency(const LearnedEndpoint& learned) { return learned.latency > absl::ZeroDuration(); }

Table::Row EndpointRow(const Endpoint& endpoint, const LearnedEndpoint* learned) {
  Table::Row row = {endpoint.address, absl::StrCat(endpoint.weight), absl::StrCat(endpoint.tier),
                    endpoint.hash_key};
  if (learned == nullptr) {
    row.insert(row.end(), {std::string("not in use"), std::string(), std::string(), std::string()});
    return row;
  }
  const bool is_well = learned->state == HealthState::kHealthy;
  row.emplace_back(std::string(HealthStateName(learned->state)),
                   is_well ? Tone::kGood : Tone::kBad);
  row.emplace_back(DateText(learned->since));
  row.emplace_back(HasLatency(*learned) ? TimeText(learned->latency) : "");
  row.emplace_back(learned->reason);
  return row;
}

void WriteText(const Snapshot& snapshot, Console& console) {
  console.out << Printable(snapshot.target) << ": "
              << CountText(snapshot.endpoints.size(), "endpoint") << "\n  written "
              << DateText(snapshot.learned.as_of) << "\n  resolved "
              << DateText(snapshot.resolved_at) << "\n";
  const LearnedOf learned_of = IndexLearned(snapshot);
  Table endpoints({{"ADDRESS"},
                   {"WEIGHT", Table::Align::kRight},
                   {"TIER", Table::Align::kRight},
                   {"HASH KEY"},
                   {"STATE"},
                   {"SINCE"},
                   {"LATENCY", Table::Align::kRight},
                   {"REASON"}});
  for (const Endpoint& endpoint : snapshot.endpoints) {
    endpoints.Add(EndpointRow(endpoint, Find(learned_of, endpoint)));
  }
  console.out << endpoints.Render(console.has_color);
  Table overrides({{"BY HAND"}, {"OVERRIDE"}, {"UNTIL"}});
  for (const HeldOverride& held : snapshot.learned.overrides) {
    overrides.Add({held.address, FormatOverride(held.wish), DateText(held.until)});
  }
  console.out << overrides.Render(console.has_color);
}

Json HealthJson(const LearnedEndpoint* learned) {
  if (learned == nullptr) return Json::Null();
  Json json = Json::Object();
  json.Set("state", HealthStateName(learned->state)).Set("reason", learned->reason);
  json.Set("since", TimeJson(learned->since));
  json.Set("ejection_multiplier", learned->ejection_multiplier);
  json.Set("ejected_until", TimeJson(learned->ejected_until));
  json.Set("probe_failed", learned->is_probe_failed);
  json.Set("latency_ms",
           HasLatency(*learned) ? Json(JsonMilliseconds(learned->latency)) : Json::Null());
  return json;
}

Json OverrideJson(const HeldOverride& held) {
  Json json = Json::Object();
  json.Set("address", held.address).Set("mode", OverrideModeName(held.wish.mode));
  json.Set("weight", held.wish.weight ? Json(*held.wish.weight) : Json::Null());
  json.Set("until", TimeJson(held.until)).Set("note", held.wish.note);
  return json;
}

void WriteJson(const std::string& path, const Snapshot& snapshot, Console& console) {
  const LearnedOf learned_of = IndexLearned(snapshot);
  Json endpoints = Json::Array();
  for (const Endpoint& endpoint : snapshot.endpoints) {
    Json json = EndpointJson(endpoint);
    json.Set("health", HealthJson(Find(learned_of, endpoint)));
    endpoints.Append(std::move(json));
  }
  Json overrides = Json::Array();
  for (const HeldOverride& held : snapshot.learned.overrides) overrides.Append(OverrideJson(held));
  Json json = Json::Object();
  json.Set("snapshot", path).Set("target", snapshot.target);
  json.Set("written_at", TimeJson(snapshot.learned.as_of));
  json.Set("resolved_at", TimeJson(snapshot.resolved_at));
  json.Set("endpoints", std::move(endpoints)).Set("overrides", std::move(overrides));
  console.Write(json);
}

}  // namespace

absl::StatusOr<ExitStatus> ShowSnapshot(const SnapshotShowOptions& options, Console& console) {
  const absl::StatusOr<Snapshot> snapshot = ReadSnapshot(options.snapshot);
  if (!snapshot.ok()) return snapshot.status();
  if (console.is_json()) {
    WriteJson(options.snapshot, *snapshot, console);
  } else {
    WriteText(*snapshot, console);
  }
  return ExitStatus::kGood;
}

}  // namespace nines::ctl

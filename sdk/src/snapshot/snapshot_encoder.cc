// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Snapshot to bytes: JSON with one line for each endpoint, because people look at it, and
// without what has its default, because there may be many. snapshot_decoder.cc reads it.

#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "config/json_writer.h"
#include "config/proto_duration.h"
#include "nines/snapshot.h"
#include "snapshot/snapshot_frame.h"

namespace nines {
namespace {

std::string JsonTime(absl::Time time) {
  return JsonString(absl::FormatTime(absl::RFC3339_full, time, absl::UTCTimeZone()));
}

std::string JsonDuration(absl::Duration duration) {
  return JsonString(FormatProtoDuration(duration));
}

bool IsFinite(absl::Time time) {
  return time != absl::InfinitePast() && time != absl::InfiniteFuture();
}

// Otherwise an address or a name would become another one.
bool IsEncodable(const std::string& text) {
  constexpr char kReplacement[] = "\xEF\xBF\xBD";  // what JSON has in place of a wrong byte
  const std::string without = absl::StrReplaceAll(text, {{kReplacement, "?"}});
  return !absl::StrContains(JsonString(without), kReplacement);
}

// No longer than `note`, which the replacement of a wrong byte, three bytes, would make it: a note
// that is too long fails the whole snapshot.
std::string EncodeNote(std::string note) {
  if (!IsEncodable(note)) {
    absl::c_replace_if(
        note, [](char c) { return !absl::ascii_isascii(c); }, '?');
  }
  return JsonString(note);
}

std::string EncodeHealth(const LearnedEndpoint& learned) {
  std::string text = absl::StrCat("{\"state\": ", JsonString(HealthStateName(learned.state)),
                                  ", \"reason\": ", JsonString(learned.reason));
  if (IsFinite(learned.since)) absl::StrAppend(&text, ", \"since\": ", JsonTime(learned.since));
  if (learned.ejection_multiplier != 0) {
    absl::StrAppend(&text, ", \"ejection_multiplier\": ", learned.ejection_multiplier);
  }
  if (IsFinite(learned.ejected_until)) {
    absl::StrAppend(&text, ", \"ejected_until\": ", JsonTime(learned.ejected_until));
  }
  if (learned.is_probe_failed) absl::StrAppend(&text, ", \"probe_failed\": true");
  if (learned.latency > absl::ZeroDuration() && learned.latency <= kMaxProtoDuration) {
    absl::StrAppend(&text, ", \"latency\": ", JsonDuration(learned.latency));
  }
  return text + "}";
}

std::string EncodeAttributes(const Endpoint& endpoint) {
  std::vector<std::string> members;
  for (const auto& [name, value] : endpoint.attributes) {
    if (!IsEncodable(name)) continue;
    members.push_back(absl::StrCat(JsonString(name), ": ", JsonString(value)));
  }
  return absl::StrCat("{", absl::StrJoin(members, ", "), "}");
}

std::string EncodeEndpoint(const Endpoint& endpoint, const LearnedEndpoint* learned) {
  std::string text = absl::StrCat("{\"address\": ", JsonString(endpoint.address));
  if (endpoint.weight > 1) absl::StrAppend(&text, ", \"weight\": ", endpoint.weight);
  if (endpoint.tier != 0) absl::StrAppend(&text, ", \"tier\": ", endpoint.tier);
  if (!endpoint.hash_key.empty()) {
    absl::StrAppend(&text, ", \"hash_key\": ", JsonString(endpoint.hash_key));
  }
  if (!endpoint.zone.empty()) absl::StrAppend(&text, ", \"zone\": ", JsonString(endpoint.zone));
  if (!endpoint.attributes.empty()) {
    absl::StrAppend(&text, ", \"attributes\": ", EncodeAttributes(endpoint));
  }
  if (endpoint.is_lame) absl::StrAppend(&text, ", \"lame\": true");
  if (learned != nullptr) absl::StrAppend(&text, ", \"health\": ", EncodeHealth(*learned));
  return text + "}";
}

std::string EncodeOverride(const HeldOverride& held) {
  std::string text = absl::StrCat("{\"address\": ", JsonString(held.address),
                                  ", \"mode\": ", JsonString(OverrideModeName(held.wish.mode)));
  if (held.wish.weight.has_value()) absl::StrAppend(&text, ", \"weight\": ", *held.wish.weight);
  if (IsFinite(held.until)) absl::StrAppend(&text, ", \"until\": ", JsonTime(held.until));
  if (!held.wish.note.empty()) absl::StrAppend(&text, ", \"note\": ", EncodeNote(held.wish.note));
  return text + "}";
}

std::vector<std::string> EncodeEndpoints(const Snapshot& snapshot) {
  absl::flat_hash_map<absl::string_view, const LearnedEndpoint*> learned_of;
  for (const LearnedEndpoint& learned : snapshot.learned.endpoints) {
    learned_of.emplace(learned.address, &learned);
  }
  std::vector<std::string> lines;
  for (const Endpoint& endpoint : snapshot.endpoints) {
    if (!IsEncodable(endpoint.address)) continue;
    const auto learned = learned_of.find(endpoint.address);
    lines.push_back(
        EncodeEndpoint(endpoint, learned != learned_of.end() ? learned->second : nullptr));
  }
  return lines;
}

std::vector<std::string> EncodeOverrides(const Snapshot& snapshot) {
  std::vector<std::string> lines;
  for (const HeldOverride& held : snapshot.learned.overrides) {
    if (IsEncodable(held.address)) lines.push_back(EncodeOverride(held));
  }
  return lines;
}

}  // namespace

std::string EncodeSnapshot(const Snapshot& snapshot) {
  return FrameSnapshot(absl::StrCat(
      "{\"target\": ", JsonString(snapshot.target), ",\n\"written_at\": ",
      JsonTime(snapshot.learned.as_of), ",\n\"resolved_at\": ", JsonTime(snapshot.resolved_at),  //
      ",\n\"endpoints\": [\n", absl::StrJoin(EncodeEndpoints(snapshot), ",\n"),
      "],\n\"overrides\": [\n", absl::StrJoin(EncodeOverrides(snapshot), ",\n"), "]}\n"));
}

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Bytes to Snapshot. The checksum tells accidents; what passes it is still checked field by field,
// since anybody can write a checksum. Fields that are not known are passed over: a later program
// may add some that an earlier one can do without, and raises the version for all others.

#include <array>
#include <limits>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "config/config_errors.h"
#include "config/config_value.h"
#include "config/json_reader.h"
#include "config/proto_duration.h"
#include "nines/snapshot.h"
#include "snapshot/snapshot_frame.h"

namespace nines {
namespace {

// Objects in arrays in an object in an object, and what later versions may add.
constexpr JsonLimits kLimits = {kMaxSnapshotBytes, /*values=*/size_t{2} << 20, /*depth=*/16};

constexpr IntegerRange kAnyCount = {0, std::numeric_limits<uint32_t>::max()};
constexpr IntegerRange kWeight = {1, std::numeric_limits<uint32_t>::max()};

// Those that LearnedEndpoint::state can be.
constexpr std::array<HealthState, 4> kStates = {HealthState::kConnecting, HealthState::kHealthy,
                                                HealthState::kDegraded, HealthState::kEjected};
constexpr std::array<Override::Mode, 4> kModes = {Override::Mode::kNone, Override::Mode::kDrain,
                                                  Override::Mode::kDisable,
                                                  Override::Mode::kForceHealthy};

std::string ReadString(const ConfigValue& object, absl::string_view key) {
  const std::optional<ConfigValue> member = object.Find(key);
  return member ? std::string(member->AsString("a string").value_or("")) : "";
}

bool ReadFlag(const ConfigValue& object, absl::string_view key) {
  const std::optional<ConfigValue> member = object.Find(key);
  return member && member->AsBool().value_or(false);
}

std::string RequireString(const ConfigValue& object, absl::string_view key) {
  const std::optional<ConfigValue> member = object.Require(key);
  if (!member) return "";
  const std::optional<absl::string_view> text = member->AsString("a string");
  if (text && text->empty()) member->AddProblem("is empty");
  return std::string(text.value_or(""));
}

absl::Time ToTime(const ConfigValue& value) {
  const std::optional<absl::string_view> text = value.AsString("a time");
  if (!text) return absl::InfinitePast();
  absl::Time time;
  std::string why;
  // "infinite-past" is a time to Abseil.
  if (absl::StartsWith(*text, "infinite") ||
      !absl::ParseTime(absl::RFC3339_full, *text, &time, &why)) {
    value.AddProblem(absl::StrCat(value.Description(), " is not a time as in RFC 3339"));
    return absl::InfinitePast();
  }
  return time;
}

absl::Time ReadTime(const ConfigValue& object, absl::string_view key, absl::Time fallback) {
  const std::optional<ConfigValue> member = object.Find(key);
  return member ? ToTime(*member) : fallback;
}

absl::Time RequireTime(const ConfigValue& object, absl::string_view key) {
  const std::optional<ConfigValue> member = object.Require(key);
  return member ? ToTime(*member) : absl::InfinitePast();
}

// The one of `choices` that is named under `key`; the first if none is.
template <typename Choices, typename NameOf>
auto ReadName(const ConfigValue& object, absl::string_view key, const Choices& choices,
              NameOf name_of) {
  const std::optional<ConfigValue> member = object.Require(key);
  const std::optional<absl::string_view> text = member ? member->AsString("a name") : std::nullopt;
  if (!text) return choices[0];
  for (const auto choice : choices) {
    if (*text == name_of(choice)) return choice;
  }
  member->AddProblem(absl::StrCat(member->Description(), " is not known"));
  return choices[0];
}

LearnedEndpoint ReadHealth(const ConfigValue& health, const std::string& address) {
  LearnedEndpoint learned;
  learned.address = address;
  learned.state = ReadName(health, "state", kStates, HealthStateName);
  learned.reason = ReadString(health, "reason");
  learned.since = ReadTime(health, "since", absl::InfinitePast());
  learned.ejection_multiplier = health.IntegerOr("ejection_multiplier", kAnyCount, 0);
  learned.ejected_until = ReadTime(health, "ejected_until", absl::InfinitePast());
  learned.is_probe_failed = ReadFlag(health, "probe_failed");
  learned.latency =
      health.DurationOr("latency", {absl::ZeroDuration(), kMaxProtoDuration}, absl::ZeroDuration());
  return learned;
}

// Addresses of one list, which are distinct.
class DistinctAddresses {
 public:
  std::string Require(const ConfigValue& object) {
    std::string address = RequireString(object, "address");
    if (address.empty()) return address;
    const auto [first, is_first] = paths_.try_emplace(address, object.path());
    if (!is_first) object.AddProblem(absl::StrCat("has the address of ", first->second));
    return address;
  }

 private:
  absl::flat_hash_map<std::string, std::string> paths_;  // by address
};

void ReadAttributes(const ConfigValue& entry, Endpoint& endpoint) {
  const std::optional<ConfigValue> attributes = entry.Find("attributes");
  if (!attributes || !attributes->CheckObject()) return;
  for (const ConfigValue& attribute : attributes->Children()) {
    endpoint.attributes[attribute.key()] = std::string(attribute.AsString("a string").value_or(""));
  }
}

void ReadEndpoints(const ConfigValue& root, Snapshot& snapshot) {
  const std::optional<ConfigValue> list = root.Require("endpoints");
  if (!list || !list->CheckArray()) return;
  DistinctAddresses addresses;
  for (const ConfigValue& entry : list->Children()) {
    if (!entry.CheckObject()) continue;
    Endpoint endpoint;
    endpoint.address = addresses.Require(entry);
    endpoint.weight = entry.IntegerOr("weight", kWeight, 1);
    endpoint.tier = entry.IntegerOr("tier", kAnyCount, 0);
    endpoint.hash_key = ReadString(entry, "hash_key");
    endpoint.zone = ReadString(entry, "zone");
    ReadAttributes(entry, endpoint);
    endpoint.is_lame = ReadFlag(entry, "lame");
    const std::optional<ConfigValue> health = entry.Find("health");
    if (health && health->CheckObject()) {
      snapshot.learned.endpoints.push_back(ReadHealth(*health, endpoint.address));
    }
    snapshot.endpoints.push_back(std::move(endpoint));
  }
}

void ReadOverrides(const ConfigValue& root, LearnedState& learned) {
  const std::optional<ConfigValue> list = root.Find("overrides");
  if (!list || !list->CheckArray()) return;
  DistinctAddresses addresses;
  for (const ConfigValue& entry : list->Children()) {
    if (!entry.CheckObject()) continue;
    HeldOverride held;
    held.address = addresses.Require(entry);
    held.wish.mode = ReadName(entry, "mode", kModes, OverrideModeName);
    if (entry.Find("weight")) held.wish.weight = entry.IntegerOr("weight", kWeight, 1);
    held.until = ReadTime(entry, "until", absl::InfiniteFuture());
    held.wish.note = ReadString(entry, "note");
    const absl::Status problems = CheckOverride(held.address, held.wish);
    if (!problems.ok()) entry.AddProblem(problems.message());
    learned.overrides.push_back(std::move(held));
  }
}

}  // namespace

absl::StatusOr<Snapshot> DecodeSnapshot(absl::string_view bytes) {
  if (bytes.size() > kMaxSnapshotBytes) {
    return absl::DataLossError(
        absl::StrCat("has ", bytes.size(), " bytes; allowed: at most ", kMaxSnapshotBytes));
  }
  const absl::StatusOr<absl::string_view> body = UnframeSnapshot(bytes);
  if (!body.ok()) return body.status();
  ConfigErrors errors("snapshot", *body);
  Snapshot snapshot;
  if (const auto tree = ReadJson(*body, errors, kLimits)) {
    const ConfigValue root(*tree, "", errors);
    if (root.CheckObject()) {
      snapshot.target = RequireString(root, "target");
      snapshot.learned.as_of = RequireTime(root, "written_at");
      snapshot.resolved_at = RequireTime(root, "resolved_at");
      ReadEndpoints(root, snapshot);
      ReadOverrides(root, snapshot.learned);
    }
  }
  if (errors.empty()) return snapshot;
  return absl::DataLossError(absl::StrCat("after its first line: ", errors.ToStatus().message()));
}

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/endpoint_file.h"

#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "config/config_errors.h"
#include "config/config_value.h"
#include "config/json_reader.h"

namespace nines {
namespace {

constexpr absl::string_view kListFields[] = {"endpoints"};
constexpr absl::string_view kEndpointFields[] = {"address", "weight", "tier", "hash_key"};
constexpr absl::string_view kLaterEndpointFields[] = {"zone", "attributes"};

// Weights and tiers are those that an SRV record can have (RFC 2782), so that a list can move from
// one to the other. Weight 0 is left out: some would take it for "no calls".
constexpr IntegerRange kWeight = {1, 65535};
constexpr IntegerRange kTier = {0, 65535};

// Longer than any name; short enough that ten thousand of them are no matter.
constexpr size_t kMaxHashKeyBytes = 256;

class EndpointFileReader {
 public:
  explicit EndpointFileReader(AddressParser parse_address) : parse_address_(parse_address) {}

  EndpointList ReadFile(const ConfigValue& root) {
    if (!root.IsObject()) return ReadList(root, "an array of endpoints, or an object with one");
    root.CheckFields({kListFields, {}});
    const std::optional<ConfigValue> list = root.Require("endpoints");
    return list ? ReadList(*list, "an array") : EndpointList();
  }

 private:
  EndpointList ReadList(const ConfigValue& list, absl::string_view allowed) {
    EndpointList endpoints;
    if (!list.CheckArray(allowed)) return endpoints;
    for (const ConfigValue& entry : list.Children()) {
      if (entry.CheckObject()) endpoints.push_back(ReadEndpoint(entry));
    }
    return endpoints;
  }

  Endpoint ReadEndpoint(const ConfigValue& entry) {
    entry.CheckFields({kEndpointFields, kLaterEndpointFields});
    Endpoint endpoint;
    endpoint.address = ReadAddress(entry);
    endpoint.weight = entry.IntegerOr("weight", kWeight, endpoint.weight);
    endpoint.tier = entry.IntegerOr("tier", kTier, endpoint.tier);
    endpoint.hash_key = ReadHashKey(entry);
    return endpoint;
  }

  std::string ReadAddress(const ConfigValue& entry) {
    const std::optional<ConfigValue> member = entry.Require("address");
    if (!member) return "";
    const std::optional<absl::string_view> text = member->AsString("an address");
    if (!text) return "";
    absl::StatusOr<std::string> address = parse_address_(*text);
    if (!address.ok()) {
      member->AddProblem(address.status().message());
      return "";
    }
    const auto [first, is_first] = paths_.try_emplace(*address, member->path());
    if (!is_first) member->AddProblem(absl::StrCat(*address, " stands already at ", first->second));
    return *std::move(address);
  }

  static std::string ReadHashKey(const ConfigValue& entry) {
    const std::optional<ConfigValue> member = entry.Find("hash_key");
    const std::string allowed = absl::StrCat("a string of 1 to ", kMaxHashKeyBytes, " bytes");
    const std::optional<absl::string_view> key = member ? member->AsString(allowed) : std::nullopt;
    if (!key) return "";
    if (!key->empty() && key->size() <= kMaxHashKeyBytes) return std::string(*key);
    member->AddProblem(absl::StrCat("has ", key->size(), " bytes; allowed: ", allowed));
    return "";
  }

  const AddressParser parse_address_;
  absl::flat_hash_map<std::string, std::string> paths_;  // by address
};

}  // namespace

absl::StatusOr<EndpointList> ParseEndpointFile(absl::string_view json,
                                               AddressParser parse_address) {
  ConfigErrors errors("endpoint file", json);
  EndpointList endpoints;
  if (const auto tree = ReadJson(json, errors)) {
    endpoints = EndpointFileReader(parse_address).ReadFile(ConfigValue(*tree, "", errors));
  }
  if (!errors.empty()) return errors.ToStatus();
  return endpoints;
}

}  // namespace nines

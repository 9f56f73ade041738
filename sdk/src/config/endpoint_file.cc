// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/endpoint_file.h"

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "config/config_errors.h"
#include "config/config_value.h"
#include "config/endpoint_limits.h"
#include "config/json_reader.h"

namespace nines {
namespace {

constexpr absl::string_view kListFields[] = {"endpoints"};
constexpr absl::string_view kEndpointFields[] = {"address",  "weight", "tier",
                                                 "hash_key", "zone",   "attributes"};

class EndpointFileReader {
 public:
  explicit EndpointFileReader(AddressParser parse_address) : parse_address_(parse_address) {}

  EndpointList ReadFile(const ConfigValue& root) {
    if (!root.IsObject()) return ReadList(root, "an array of endpoints, or an object with one");
    root.CheckFields(kListFields);
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
    entry.CheckFields(kEndpointFields);
    Endpoint endpoint;
    endpoint.address = ReadAddress(entry);
    endpoint.weight = entry.IntegerOr("weight", kEndpointWeight, endpoint.weight);
    endpoint.tier = entry.IntegerOr("tier", kEndpointTier, endpoint.tier);
    endpoint.hash_key = ReadName(entry, "hash_key", kMaxHashKeyBytes);
    endpoint.zone = ReadName(entry, "zone", kMaxZoneBytes);
    endpoint.attributes = ReadAttributes(entry);
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

  // "" if it is absent or wrong.
  static std::string ReadName(const ConfigValue& entry, absl::string_view field, size_t max_bytes) {
    const std::optional<ConfigValue> member = entry.Find(field);
    return member ? ReadText(*member, {1, max_bytes}) : "";
  }

  static std::map<std::string, std::string> ReadAttributes(const ConfigValue& entry) {
    std::map<std::string, std::string> attributes;
    const std::optional<ConfigValue> member = entry.Find("attributes");
    if (!member || !member->CheckObject()) return attributes;
    const std::vector<ConfigValue> children = member->Children();
    if (children.size() > kMaxAttributes) {
      member->AddProblem(
          absl::StrCat("has ", children.size(), " attributes; allowed: at most ", kMaxAttributes));
      return attributes;
    }
    for (const ConfigValue& child : children) {
      if (child.key().empty() || child.key().size() > kMaxAttributeNameBytes) {
        child.AddProblem(absl::StrCat("its name has ", child.key().size(), " bytes; allowed: 1 to ",
                                      kMaxAttributeNameBytes));
      }
      attributes[child.key()] = ReadText(child, {0, kMaxAttributeBytes});
    }
    return attributes;
  }

  struct ByteRange {
    size_t min;
    size_t max;
  };

  static std::string ReadText(const ConfigValue& value, ByteRange range) {
    const std::string allowed =
        absl::StrCat("a string of ", range.min, " to ", range.max, " bytes");
    const std::optional<absl::string_view> text = value.AsString(allowed);
    if (!text) return "";
    if (text->size() >= range.min && text->size() <= range.max) return std::string(*text);
    value.AddProblem(absl::StrCat("has ", text->size(), " bytes; allowed: ", allowed));
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

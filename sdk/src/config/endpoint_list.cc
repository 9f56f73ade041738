// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "config/config_errors.h"
#include "config/endpoint_limits.h"
#include "nines/endpoint_file.h"

namespace nines {
namespace {

// Notes what is wrong with one endpoint of the list.
class EndpointProblems {
 public:
  EndpointProblems(size_t index, ConfigErrors& errors)
      : path_(ElementPath("endpoints", index)), errors_(errors) {}

  void Add(absl::string_view field, absl::string_view problem) {
    errors_.Add(absl::StrCat(path_, ".", field), problem);
  }
  void CheckInteger(absl::string_view field, uint32_t value, IntegerRange range) {
    if (value >= range.min && value <= range.max) return;
    Add(field, absl::StrCat(value, " is out of range; allowed: an integer in [", range.min, ", ",
                            range.max, "]"));
  }
  void CheckBytes(absl::string_view field, absl::string_view value, size_t max) {
    if (value.size() <= max) return;
    Add(field, absl::StrCat("has ", value.size(), " bytes; allowed: at most ", max));
  }
  void CheckAttributes(const Endpoint& endpoint) {
    if (endpoint.attributes.size() > kMaxAttributes) {
      Add("attributes", absl::StrCat("has ", endpoint.attributes.size(),
                                     " attributes; allowed: at most ", kMaxAttributes));
      return;
    }
    for (const auto& [name, value] : endpoint.attributes) {
      if (name.empty()) Add("attributes", "an attribute has no name");
      CheckBytes("attributes: a name", name, kMaxAttributeNameBytes);
      CheckBytes("attributes: a value", value, kMaxAttributeBytes);
    }
  }

 private:
  const std::string path_;
  ConfigErrors& errors_;
};

}  // namespace

absl::StatusOr<EndpointList> CheckEndpointList(EndpointList endpoints,
                                               AddressParser parse_address) {
  ConfigErrors errors;
  absl::flat_hash_map<std::string, size_t> places;  // by address
  for (size_t i = 0; i < endpoints.size(); ++i) {
    Endpoint& endpoint = endpoints[i];
    EndpointProblems problems(i, errors);
    if (auto address = parse_address(endpoint.address); !address.ok()) {
      problems.Add("address", address.status().message());
    } else if (const auto [first, is_first] = places.try_emplace(*address, i); !is_first) {
      problems.Add("address", absl::StrCat(*address, " stands already at ",
                                           ElementPath("endpoints", first->second)));
    } else {
      endpoint.address = *std::move(address);
    }
    problems.CheckInteger("weight", endpoint.weight, kEndpointWeight);
    problems.CheckInteger("tier", endpoint.tier, kEndpointTier);
    problems.CheckBytes("hash_key", endpoint.hash_key, kMaxHashKeyBytes);
    problems.CheckBytes("zone", endpoint.zone, kMaxZoneBytes);
    problems.CheckAttributes(endpoint);
  }
  if (!errors.empty()) return errors.ToStatus();
  return endpoints;
}

}  // namespace nines

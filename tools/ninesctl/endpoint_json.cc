// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "ninesctl/endpoint_json.h"

#include <utility>

namespace nines::ctl {

Json EndpointJson(const Endpoint& endpoint) {
  Json json = Json::Object();
  json.Set("address", endpoint.address).Set("weight", endpoint.weight).Set("tier", endpoint.tier);
  json.Set("hash_key", endpoint.hash_key.empty() ? Json::Null() : Json(endpoint.hash_key));
  json.Set("zone", endpoint.zone.empty() ? Json::Null() : Json(endpoint.zone));
  if (endpoint.is_lame) json.Set("lame", true);
  Json attributes = Json::Object();
  for (const auto& [name, value] : endpoint.attributes) attributes.Set(name, value);
  json.Set("attributes", std::move(attributes));
  return json;
}

Json ErrorJson(const absl::Status& status) {
  if (status.ok()) return Json::Null();
  Json json = Json::Object();
  json.Set("code", absl::StatusCodeToString(status.code())).Set("message", status.message());
  return json;
}

}  // namespace nines::ctl

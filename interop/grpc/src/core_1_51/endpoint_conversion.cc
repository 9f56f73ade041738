// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "core_1_51/endpoint_conversion.h"

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "src/core/lib/address_utils/parse_address.h"
#include "src/core/lib/address_utils/sockaddr_utils.h"

namespace nines {
namespace {

// gRPC compares attribute keys by address.
constexpr char kEndpointAttribute[] = "nines.endpoint";
constexpr absl::string_view kUnixPrefix = "unix:";

class EndpointAttribute final : public grpc_core::ServerAddress::AttributeInterface {
 public:
  explicit EndpointAttribute(Endpoint endpoint) : endpoint_(std::move(endpoint)) {}

  const Endpoint& endpoint() const { return endpoint_; }

  std::unique_ptr<AttributeInterface> Copy() const override {
    return std::make_unique<EndpointAttribute>(endpoint_);
  }
  int Cmp(const AttributeInterface* other) const override {
    return ToString().compare(other->ToString());
  }
  std::string ToString() const override {
    return absl::StrCat(endpoint_.address, " weight ", endpoint_.weight, " key ",
                        endpoint_.hash_key, " tier ", endpoint_.tier, " zone ", endpoint_.zone,
                        " attributes ",
                        absl::StrJoin(endpoint_.attributes, ",", absl::PairFormatter("=")),
                        endpoint_.is_lame ? " lame" : "");
  }

 private:
  const Endpoint endpoint_;
};

std::string AddressOf(const grpc_resolved_address& address) {
  const auto uri = grpc_sockaddr_to_uri(&address);
  if (uri.ok() && absl::StartsWith(*uri, "unix")) return *uri;
  const auto text = grpc_sockaddr_to_string(&address, /*normalize=*/false);
  return text.ok() ? *text : "unknown";
}

}  // namespace

absl::StatusOr<grpc_core::ServerAddress> ServerAddressOf(const Endpoint& endpoint) {
  grpc_resolved_address address;
  absl::string_view path = endpoint.address;
  if (absl::ConsumePrefix(&path, kUnixPrefix)) {
    const grpc_error_handle error = grpc_core::UnixSockaddrPopulate(path, &address);
    if (!error.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("endpoint ", endpoint.address, ": ", error.message()));
    }
  } else {
    const auto parsed = grpc_core::StringToSockaddr(endpoint.address);
    if (!parsed.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("endpoint '", endpoint.address,
                       "': not ip:port or unix:path: ", parsed.status().message()));
    }
    address = *parsed;
  }
  std::map<const char*, std::unique_ptr<grpc_core::ServerAddress::AttributeInterface>> attributes;
  attributes[kEndpointAttribute] = std::make_unique<EndpointAttribute>(endpoint);
  return grpc_core::ServerAddress(address, grpc_core::ChannelArgs(), std::move(attributes));
}

Endpoint EndpointOf(const grpc_core::ServerAddress& server) {
  if (const auto* ours =
          static_cast<const EndpointAttribute*>(server.GetAttribute(kEndpointAttribute))) {
    return ours->endpoint();
  }
  Endpoint endpoint;
  endpoint.address = AddressOf(server.address());
  const auto* weight =
      static_cast<const grpc_core::ServerAddressWeightAttribute*>(server.GetAttribute(
          grpc_core::ServerAddressWeightAttribute::kServerAddressWeightAttributeKey));
  if (weight != nullptr) endpoint.weight = weight->weight();
  return endpoint;
}

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nines/config.h"
#include "nines/endpoint.h"

namespace nines {

/// A file may be as long, as deep and as rich in values as a service config.
inline constexpr size_t kMaxEndpointFileBytes = kMaxServiceConfigBytes;

/// Checks one address and returns it in the form in which equal addresses are equal text; an error
/// says what is wrong with it.
using AddressParser = absl::FunctionRef<absl::StatusOr<std::string>(absl::string_view)>;

/// The endpoints that the JSON of an endpoint file lists, in its order: an array of
///
///   {"address": "192.0.2.1:50051", "weight": 1, "tier": 0, "hash_key": "shard-7",
///    "zone": "eu-1a", "attributes": {"rack": "7"}}
///
/// or an object with that array under "endpoints". Only the address is required; see Endpoint for
/// the others. An empty array is an empty list. InvalidArgument names every problem with its line,
/// column and path: a field that is not known or out of range, an address that `parse_address`
/// refuses or that the list has already.
absl::StatusOr<EndpointList> ParseEndpointFile(absl::string_view json, AddressParser parse_address);

/// The same for a list that a program has made: its endpoints with their addresses in normal form,
/// or InvalidArgument with every problem and its place ("endpoints[3].weight").
absl::StatusOr<EndpointList> CheckEndpointList(EndpointList endpoints, AddressParser parse_address);

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "endpoints/endpoint_table.h"

namespace nines {

// What a call is told when no endpoint could take it. Built only then.

// True while an endpoint is on its way up that has not failed since it last was, and none is up: a
// call had better wait for it. Whom a person took out does not count.
bool IsStillConnecting(const EndpointTable& table);

// The target resolved to nothing, or not at all.
absl::Status NoEndpointsError(const std::string& target, const absl::Status& resolve_error);

// Endpoints are known, none can be used: the count per state, how many of them have as many calls
// in flight as they may, and the last error of up to five.
absl::Status NoUsableEndpointError(const std::string& target, const EndpointTable& table,
                                   uint32_t max_in_flight);

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/status.h"
#include "nines/endpoint.h"
#include "ninesctl/json.h"

namespace nines::ctl {

/// {"address": …, "weight": …, "tier": …, "hash_key": …}; the last is null if the address is the
/// identity.
Json EndpointJson(const Endpoint& endpoint);

/// {"code": "UNAVAILABLE", "message": …}; null for OK.
Json ErrorJson(const absl::Status& status);

}  // namespace nines::ctl

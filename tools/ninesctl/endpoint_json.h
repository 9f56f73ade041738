// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/status.h"
#include "nines/endpoint.h"
#include "ninesctl/json.h"

namespace nines::ctl {

/// {"address": …, "weight": …, "tier": …, "hash_key": …, "zone": …, "attributes": {…},
/// "lame": true}, the last only where it is so; hash_key is
/// null if the address is the identity, zone if it is not known.
Json EndpointJson(const Endpoint& endpoint);

/// {"code": "UNAVAILABLE", "message": …}; null for OK.
Json ErrorJson(const absl::Status& status);

}  // namespace nines::ctl

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "nines/config.h"
#include "ninesctl/json.h"

namespace nines::ctl {

/// `config` as a service config that leaves nothing to defaults: what is off is absent, all else is
/// written out. ParseServiceConfig() makes `config` of it again, but for what the SDK leaves to
/// gRPC (ServiceConfig::grpc_only_fields).
Json EffectiveConfig(const ServiceConfig& config);

}  // namespace nines::ctl

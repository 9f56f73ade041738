// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "nines/registry.h"

namespace nines::ctl {

/// BuiltinRegistry(), and if this build has gRPC the prober "grpc", over connections without TLS.
const Registry& ProbingRegistry();

/// The prober of `config`, which has a health check. InvalidArgument for a kind that ninesctl
/// cannot make: "custom", which is code of the program that the config is for, and perhaps "grpc".
absl::StatusOr<std::shared_ptr<Prober>> CreateProber(const BalancerConfig& config,
                                                     const ProberContext& context);

}  // namespace nines::ctl

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/status.h"

namespace nines {

// What one generation of gRPC's core offers to the rest of nines::grpc. core_1_51/ implements it
// for gRPC 1.51; another generation would stand beside it and implement the same.

// Whether the policy and the resolver are, or will be, in gRPC's registries: OK, or
// FailedPrecondition with the reason. Decided when the library is loaded.
absl::Status CorePluginStatus();

// Whether gRPC has a resolver of its own for `scheme`: OK; NotFound if it has none, InvalidArgument
// if that one does not take `target`.
absl::Status CheckCoreTarget(const std::string& scheme, const std::string& target);

}  // namespace nines

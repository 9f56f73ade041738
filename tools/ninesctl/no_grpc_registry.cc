// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Of the two files that define ProbingRegistry(), the one of builds without gRPC.

#include "ninesctl/probing_registry.h"

namespace nines::ctl {

const Registry& ProbingRegistry() { return BuiltinRegistry(); }

}  // namespace nines::ctl

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace nines::bench {

/// What this process, and not its children, has used of the processors so far.
absl::Duration ProcessorTime();

/// Threads of this process that nines made, which is in their names.
size_t CountThreadsOfNines();

/// Lets this process and its children have so many descriptors. FailedPrecondition, with how many
/// they may have, where the system allows less.
absl::Status AllowDescriptors(size_t count);

}  // namespace nines::bench

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"

namespace nines::testbed {

/// True as soon as `condition` is, false if it is not within `patience`: for what other processes
/// do, which nothing tells of. Looks every few milliseconds.
bool Eventually(absl::FunctionRef<bool()> condition, absl::Duration patience = absl::Seconds(30));

}  // namespace nines::testbed

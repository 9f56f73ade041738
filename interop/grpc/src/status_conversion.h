// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nines/outcome.h"

namespace nines {

// What the end of an attempt inside gRPC says of the endpoint. gRPC's codes are Abseil's; the one
// that needs a second look is CANCELLED, which gRPC also gives to an attempt that it ended itself
// because perAttemptRecvTimeout was over: that is the endpoint's failure, not the caller's wish.
Outcome OutcomeOfAttempt(const absl::Status& status, absl::Duration latency);

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "src/core/lib/channel/channel_stack.h"

namespace nines {

// A filter above gRPC's retry filter, by which the status of a call that failed names the endpoints
// it was tried on, and how: also when the deadline ended it, which no attempt hears of in time.
// It changes neither code nor details, and leaves alone what the server itself answered, unless
// that is a failure that the method retries.
extern const grpc_channel_filter kStatusFilter;

}  // namespace nines

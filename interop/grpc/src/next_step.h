// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <variant>

#include "nines/call_trace.h"

namespace nines {

// What follows a failed attempt: another, and why, or none, and why not. Nothing: it has not
// failed, or gRPC's filter decided by itself.
using NextStep = std::optional<std::variant<AttemptReason, CallEnd>>;

// For people; "" for nothing.
std::string ToText(const NextStep& step);

}  // namespace nines

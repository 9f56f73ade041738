// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>

#include "nines/event_loop.h"
#include "nines/health.h"

namespace nines {

// Probes by a program's own check, which may answer on any thread, late, twice or never: what it
// says counts once, and only in time. Events call the check by its name.
std::shared_ptr<Prober> MakeCustomProber(std::string name, HealthCheck check, EventLoop& loop);

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "nines/event_loop.h"
#include "nines/health.h"

namespace nines {

/// Probes an endpoint by connecting to it: well is who accepts a connection. Nothing is sent, and
/// the connection is closed at once. Addresses are as in Endpoint: "192.0.2.1:80", "[::1]:80",
/// "unix:/path".
///
/// A probe ends with: OK; Unavailable, with the system's reason, if the connection fails;
/// DeadlineExceeded; InvalidArgument for what is no address; ResourceExhausted if it is this
/// machine that lacks descriptors, ports or memory, which says nothing of the endpoint.
///
/// `loop` outlives the prober and its probes.
std::shared_ptr<Prober> MakeTcpProber(EventLoop& loop);

}  // namespace nines

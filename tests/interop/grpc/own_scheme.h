// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

namespace nines::testing {

/// How often the resolvers of scheme "own" were asked for their endpoints anew. The scheme stands
/// for what a program has registered in gRPC itself: "own:///127.0.0.2:80,127.0.0.3:80" are these
/// addresses. Thread-safe.
int OwnSchemeRefreshes();

}  // namespace nines::testing

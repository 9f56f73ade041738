// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "nines/endpoint.h"
#include "nines/resolver.h"

namespace nines::bench {

/// A scheme all of whose targets have these endpoints: a text may not name as many as a benchmark
/// wants, and a DNS server would be one more process.
std::shared_ptr<const ResolverFactory> MakeFixedResolverFactory(EndpointList endpoints);

}  // namespace nines::bench

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "nines/endpoint.h"
#include "nines/resolver.h"

namespace nines {

/// A resolver that gives this one list.
std::unique_ptr<Resolver> MakeFixedResolver(EndpointList endpoints, const ResolverContext& context);

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <vector>

#include "snapshot.h"
#include "styled_line.h"

namespace nines::demo {

/// The live picture of `snapshot`, at most `height` lines, made for `width` columns: what happens,
/// the endpoints, both clients' calls, and the latest events in what room is left.
std::vector<StyledLine> RenderDashboard(const Snapshot& snapshot, size_t width, size_t height);

}  // namespace nines::demo

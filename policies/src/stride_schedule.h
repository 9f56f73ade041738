// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace nines {

/// The most turns that a schedule of `members` members has, but for one more a member: 100 each, at
/// least 65,536 and at most 262,144.
uint64_t ScheduleLimit(size_t members);

/// The member whose turn it is, for every turn of one cycle of a weighted round robin. A weight of
/// 0 counts as 1. Depends on the weights and their order alone.
///
/// Smooth: each member has its c turns of the cycle's L spread such that turn j is one of
/// [⌈j L / c⌉, ⌈(j + 1) L / c⌉). So of the first t turns it has t c / L to within one, for every t,
/// and equal members take turns in their order.
///
/// Shares are exact if the weights, divided by what they have in common, add up to no more than
/// ScheduleLimit(). Beyond, and up to 2,621 members, a member of mean weight or more has its share
/// to within 1.5 %, and one of a tenth of that to within 6 %; each has a turn at least.
std::vector<uint32_t> BuildStrideSchedule(absl::Span<const uint32_t> weights);

}  // namespace nines

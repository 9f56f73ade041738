// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "results.h"

namespace nines::bench {

/// Whether nines reached every goal of what was measured.
bool MeetsGoals(const Results& results);

/// The table for people, and each goal with what was reached.
std::string ToText(const Results& results);

/// All figures with their quartiles, for machines.
std::string ToJson(const Results& results);

}  // namespace nines::bench

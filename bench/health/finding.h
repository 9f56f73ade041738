// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace nines::bench {

/// What a figure is of something that did not happen as long as it was waited for.
inline constexpr double kNever = std::numeric_limits<double>::infinity();

/// One number that nines has to reach, and what came of it. A value.
struct Finding {
  enum class Bound { kAtMost, kBelow, kAtLeast };

  std::string title = {};
  double measured = kNever;  // the worst of the trials
  Bound bound = Bound::kAtMost;
  double limit = 0;
  std::string unit = {};  // may be empty
  /// What stock gRPC does; nothing where it has no such thing.
  std::optional<double> stock = std::nullopt;
  /// What the machine made, in the same run, of the bare thing that this is made of: a timer, a
  /// sleep, a call of gRPC. What is missed by no more than the floor says nothing of nines. The
  /// goal stays.
  std::optional<double> floor = std::nullopt;
  /// Why it was not measured; empty: it was.
  std::string left_out = {};
  /// What explains the figure, for below the table.
  std::vector<std::string> notes = {};

  /// A finding that was left out is not met either.
  bool is_met() const;
};

}  // namespace nines::bench

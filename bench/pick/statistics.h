// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <vector>

namespace nines::bench {

/// The value that `share` (0 to 1) of `values` do not exceed; 0 if there are none.
double Quantile(std::vector<double> values, double share);

/// What was measured, of all rounds: the median, and the quartiles as its spread. A value.
struct Figure {
  double median = 0;
  double low = 0;   // first quartile
  double high = 0;  // third quartile

  /// Half the distance of the quartiles, relative to the median.
  double spread_ratio() const { return median == 0 ? 0 : (high - low) / 2 / median; }
};

Figure MakeFigure(const std::vector<double>& values);

}  // namespace nines::bench

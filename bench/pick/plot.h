// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "results.h"

namespace nines::bench {

/// A line of a plot. A value.
struct PlotLine {
  std::string title;
  Origin origin = Origin::kBaseline;
  FigureBySize points;
};

/// Words of a plot.
struct PlotText {
  std::string title;
  std::string subtitle;
  std::string x_title;
  std::string y_title;
};

/// The lines of everything whose picks were measured at more than one size.
std::vector<PlotLine> PickLines(const Results& results);

/// An SVG picture with both axes logarithmic: ours as solid lines, baselines dashed, each with its
/// title at its end and a bar between its quartiles. REQUIRES: lines with points, all values > 0.
std::string DrawPlot(const PlotText& text, const std::vector<PlotLine>& lines);

}  // namespace nines::bench

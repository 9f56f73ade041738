// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// The picture is written by hand: a library for one plot would be a dependency for every build.

#include "plot.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace nines::bench {
namespace {

// Pixels.
constexpr double kWidth = 1040;
constexpr double kHeight = 600;
constexpr double kLeft = 80;
constexpr double kRight = 740;  // titles of the lines go to the right of it
constexpr double kTop = 84;
constexpr double kBottom = 530;
constexpr double kTitleHeight = 17;

// Okabe and Ito's colours, which people tell apart whose eyes do not see all: the strong ones for
// nines, the rest with dashes.
constexpr const char* kOurColours[] = {"#0072b2", "#56b4e9", "#009e73", "#cc79a7", "#3b3b9e"};
constexpr const char* kTheirColours[] = {"#d55e00", "#e69f00", "#8c2d04", "#b8860b",
                                         "#a0522d", "#7f7f7f", "#4d4d4d"};

// From value to pixel, logarithmically.
struct LogAxis {
  double low;
  double high;
  double low_pixel;
  double high_pixel;

  double At(double value) const {
    return low_pixel + (high_pixel - low_pixel) * std::log(value / low) / std::log(high / low);
  }
};

// 1, 2 or 5 times a power of ten, the largest not above `value`.
double RoundDown(double value) {
  const double decade = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {5.0, 2.0}) {
    if (step * decade <= value) return step * decade;
  }
  return decade;
}

// All of 1, 2 and 5 times a power of ten in the range.
std::vector<double> Ticks(double low, double high) {
  std::vector<double> ticks;
  for (double decade = std::pow(10, std::floor(std::log10(low))); decade <= high; decade *= 10) {
    for (const double step : {1.0, 2.0, 5.0}) {
      const double tick = step * decade;
      if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push_back(tick);
    }
  }
  return ticks;
}

// 1,000 for 1000.
std::string WithCommas(double value) {
  std::string digits = absl::StrFormat("%.0f", value);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<size_t>(at), ",");
  }
  return digits;
}

std::string Escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '<') {
      escaped += "&lt;";
    } else if (c == '&') {
      escaped += "&amp;";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

class Plot {
 public:
  Plot(const PlotText& text, const std::vector<PlotLine>& lines)
      : text_(text), lines_(lines), x_{0, 0, kLeft, kRight}, y_{0, 0, kBottom, kTop} {
    FitAxes();
    NameColours();
  }

  std::string Draw() {
    absl::StrAppendFormat(
        &svg_,
        R"(<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" )"
        R"(viewBox="0 0 %.0f %.0f" font-family="Helvetica, Arial, 'DejaVu Sans', sans-serif">)"
        "\n"
        R"(<rect width="100%%" height="100%%" fill="white"/>)"
        "\n",
        kWidth, kHeight, kWidth, kHeight);
    DrawWords();
    DrawGrid();
    for (size_t i = 0; i < lines_.size(); ++i) DrawLine(i);
    DrawTitles();
    return absl::StrCat(svg_, "</svg>\n");
  }

 private:
  void FitAxes() {
    double low = std::numeric_limits<double>::max();
    double high = 0;
    x_.low = low;
    for (const PlotLine& line : lines_) {
      for (const auto& [size, figure] : line.points) {
        x_.low = std::min(x_.low, static_cast<double>(size));
        x_.high = std::max(x_.high, static_cast<double>(size));
        low = std::min(low, figure.median);
        high = std::max(high, figure.median);
      }
    }
    y_.low = RoundDown(low * 0.9);
    y_.high = high * 1.25;
    x_.high = std::max(x_.high, x_.low * 10);
  }

  void NameColours() {
    size_t ours = 0;
    size_t theirs = 0;
    for (const PlotLine& line : lines_) {
      colours_.push_back(line.origin == Origin::kNines
                             ? kOurColours[ours++ % std::size(kOurColours)]
                             : kTheirColours[theirs++ % std::size(kTheirColours)]);
    }
  }

  void DrawText(double x, double y, const char* attributes, const std::string& text) {
    absl::StrAppendFormat(&svg_,
                          R"(<text x="%.1f" y="%.1f" %s>%s</text>)"
                          "\n",
                          x, y, attributes, Escaped(text));
  }

  void DrawWords() {
    constexpr double kMiddle = (kTop + kBottom) / 2;
    DrawText(kLeft, 36, R"(font-size="21" font-weight="bold" fill="#111")", text_.title);
    DrawText(kLeft, 60, R"(font-size="13" fill="#555")", text_.subtitle);
    DrawText((kLeft + kRight) / 2, kBottom + 46,
             R"(font-size="14" fill="#222" text-anchor="middle")", text_.x_title);
    absl::StrAppendFormat(
        &svg_,
        R"svg(<text transform="translate(26 %.1f) rotate(-90)" font-size="14" )svg"
        R"(fill="#222" text-anchor="middle">%s</text>)"
        "\n",
        kMiddle, Escaped(text_.y_title));
  }

  void DrawRule(double x1, double y1, double x2, double y2, const char* colour) {
    absl::StrAppendFormat(&svg_,
                          R"(<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s"/>)"
                          "\n",
                          x1, y1, x2, y2, colour);
  }

  void DrawGrid() {
    for (const double tick : Ticks(y_.low, y_.high)) {
      DrawRule(kLeft, y_.At(tick), kRight, y_.At(tick), "#e4e4e4");
      DrawText(kLeft - 8, y_.At(tick) + 4.5, R"(font-size="13" fill="#444" text-anchor="end")",
               WithCommas(tick));
    }
    for (double tick = x_.low; tick <= x_.high * 1.001; tick *= 10) {
      DrawRule(x_.At(tick), kTop, x_.At(tick), kBottom, "#e4e4e4");
      DrawText(x_.At(tick), kBottom + 20, R"(font-size="13" fill="#444" text-anchor="middle")",
               WithCommas(tick));
    }
    DrawRule(kLeft, kBottom, kRight, kBottom, "#888");
    DrawRule(kLeft, kTop, kLeft, kBottom, "#888");
  }

  void DrawLine(size_t index) {
    const PlotLine& line = lines_[index];
    const char* colour = colours_[index];
    std::string path;
    for (const auto& [size, figure] : line.points) {
      const double x = x_.At(static_cast<double>(size));
      absl::StrAppendFormat(&path, "%s%.1f,%.1f", path.empty() ? "" : " ", x, y_.At(figure.median));
      absl::StrAppendFormat(&svg_,
                            R"(<circle cx="%.1f" cy="%.1f" r="%s" fill="%s"/>)"
                            "\n",
                            x, y_.At(figure.median), IsOurs(index) ? "4" : "3", colour);
      DrawRule(x, y_.At(figure.low), x, y_.At(figure.high), colour);
    }
    absl::StrAppendFormat(&svg_,
                          R"(<polyline points="%s" fill="none" stroke="%s" stroke-width="%s" )"
                          R"(stroke-linejoin="round"%s/>)"
                          "\n",
                          path, colour, IsOurs(index) ? "3" : "1.8",
                          IsOurs(index) ? "" : R"( stroke-dasharray="7 4")");
  }

  // Beside the lines' ends, in their order, pushed apart where they would overlap.
  void DrawTitles() {
    std::vector<std::pair<double, size_t>> places;
    for (size_t i = 0; i < lines_.size(); ++i) {
      places.emplace_back(y_.At(lines_[i].points.rbegin()->second.median), i);
    }
    std::sort(places.begin(), places.end());
    const std::vector<double> heights = PushApart(places);
    for (size_t i = 0; i < places.size(); ++i) DrawTitle(places[i].second, heights[i]);
  }

  static std::vector<double> PushApart(const std::vector<std::pair<double, size_t>>& places) {
    std::vector<double> heights;
    double lowest = kTop - kTitleHeight;
    for (const auto& [height, line] : places) {
      lowest = std::max(lowest + kTitleHeight, height);
      heights.push_back(lowest);
    }
    // What went out at the bottom moves up, and pushes the others.
    double highest = kBottom + kTitleHeight;
    for (auto height = heights.rbegin(); height != heights.rend(); ++height) {
      highest = std::min(highest - kTitleHeight, *height);
      *height = highest;
    }
    return heights;
  }

  void DrawTitle(size_t index, double height) {
    const auto& [size, figure] = *lines_[index].points.rbegin();
    DrawRule(x_.At(static_cast<double>(size)) + 6, y_.At(figure.median), kRight + 16, height,
             "#bbbbbb");
    const std::string attributes =
        absl::StrFormat(R"(font-size="13.5" fill="%s"%s)", colours_[index],
                        IsOurs(index) ? R"( font-weight="bold")" : "");
    DrawText(kRight + 20, height + 4.5, attributes.c_str(),
             absl::StrCat(lines_[index].title, "  ", WithCommas(figure.median), " ns"));
  }

  bool IsOurs(size_t index) const { return lines_[index].origin == Origin::kNines; }

  const PlotText& text_;
  const std::vector<PlotLine>& lines_;
  LogAxis x_;
  LogAxis y_;
  std::vector<const char*> colours_;
  std::string svg_;
};

}  // namespace

std::vector<PlotLine> PickLines(const Results& results) {
  std::vector<PlotLine> lines;
  for (const SystemResults& system : results.systems) {
    if (system.pick_ns.size() > 1) lines.push_back({system.title, system.origin, system.pick_ns});
  }
  return lines;
}

std::string DrawPlot(const PlotText& text, const std::vector<PlotLine>& lines) {
  return Plot(text, lines).Draw();
}

}  // namespace nines::bench

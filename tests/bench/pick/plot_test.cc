// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "plot.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace nines::bench {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

Figure Exactly(double value) { return {value, value, value}; }

PlotText MakeText() { return {"The <title>", "how & where", "endpoints", "nanoseconds"}; }

std::vector<PlotLine> MakeLines() {
  return {{"ours", Origin::kNines, {{10, Exactly(10)}, {1'000, Exactly(10)}}},
          {"theirs", Origin::kBaseline, {{10, Exactly(10)}, {1'000, Exactly(1'000)}}}};
}

TEST(PlotTest, HasTitleUnitsAndTheNameOfEachLine) {
  const std::string svg = DrawPlot(MakeText(), MakeLines());

  EXPECT_THAT(svg, HasSubstr(">The &lt;title></text>"));
  EXPECT_THAT(svg, HasSubstr(">how &amp; where</text>"));
  EXPECT_THAT(svg, HasSubstr(">endpoints</text>"));
  EXPECT_THAT(svg, HasSubstr(">nanoseconds</text>"));
  EXPECT_THAT(svg, HasSubstr(">ours  10 ns</text>"));
  EXPECT_THAT(svg, HasSubstr(">theirs  1,000 ns</text>"));
}

TEST(PlotTest, AxesAreLogarithmic) {
  // 10, 100 and 1,000 endpoints: the one in the middle is drawn in the middle.
  const std::string svg = DrawPlot(
      MakeText(),
      {{"line", Origin::kNines, {{10, Exactly(10)}, {100, Exactly(10)}, {1'000, Exactly(10)}}}});

  EXPECT_THAT(svg,
              testing::ContainsRegex(R"(points="80.0,([0-9.]+) 410.0,[0-9.]+ 740.0,[0-9.]+")"));
}

TEST(PlotTest, OursAreSolidAndBaselinesDashed) {
  const std::vector<PlotLine> lines = MakeLines();

  EXPECT_THAT(DrawPlot(MakeText(), {lines[0]}), Not(HasSubstr("stroke-dasharray")));
  EXPECT_THAT(DrawPlot(MakeText(), {lines[1]}), HasSubstr("stroke-dasharray"));
}

TEST(PlotTest, TitlesOfLinesThatEndTogetherAreApart) {
  const std::string svg =
      DrawPlot(MakeText(), {{"one", Origin::kNines, {{10, Exactly(10)}, {100, Exactly(10)}}},
                            {"two", Origin::kNines, {{10, Exactly(10)}, {100, Exactly(10)}}}});

  const auto height_of = [&](const std::string& title) {
    const size_t end = svg.find(">" + title + "  10 ns<");
    const size_t start = svg.rfind("y=\"", end) + 3;
    return std::stod(svg.substr(start));
  };
  EXPECT_GE(height_of("two") - height_of("one"), 16);
}

TEST(PlotTest, DrawsOnlyWhatWasMeasuredAtSeveralSizes) {
  Results results;
  results.systems.resize(2);
  results.systems[0].pick_ns = {{10, Exactly(10)}, {100, Exactly(10)}};
  results.systems[1].pick_ns = {{10, Exactly(10)}};

  EXPECT_THAT(PickLines(results), SizeIs(1));
}

}  // namespace
}  // namespace nines::bench

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "styled_line.h"

#include "gtest/gtest.h"

namespace nines::demo {
namespace {

TEST(StyledLineTest, PutsEscapesAroundStyledPiecesOnly) {
  StyledLine line("a ");
  line.Append("good", Style::kGood).Append(" b");

  EXPECT_EQ(line.Text(), "a good b");
  EXPECT_EQ(line.ForTerminal(80), "a \x1b[32mgood\x1b[0m b");
}

TEST(StyledLineTest, CutsByVisibleColumns) {
  StyledLine line("abc", Style::kBold);
  line.Append("defgh");

  EXPECT_EQ(line.ForTerminal(8), "\x1b[1mabc\x1b[0mdefgh");
  EXPECT_EQ(line.ForTerminal(7), "\x1b[1mabc\x1b[0mde..");
  EXPECT_EQ(line.ForTerminal(2), "\x1b[1m..\x1b[0m");
  EXPECT_EQ(StyledLine("abc").ForTerminal(1), "a");
}

TEST(StyledLineTest, MayBeEmpty) { EXPECT_EQ(StyledLine().ForTerminal(80), ""); }

}  // namespace
}  // namespace nines::demo

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace nines::demo {

enum class Style { kPlain, kBold, kDim, kGood, kWarning, kBad };

/// One line of a screen: printable ASCII in pieces of one style each. A value.
class StyledLine {
 public:
  StyledLine() = default;
  explicit StyledLine(absl::string_view text, Style style = Style::kPlain) { Append(text, style); }

  StyledLine& Append(absl::string_view text, Style style = Style::kPlain);

  /// The text alone.
  std::string Text() const;

  /// The first `width` columns with the escape sequences that an ANSI terminal wants; text that is
  /// cut off ends in "..".
  std::string ForTerminal(size_t width) const;

 private:
  struct Piece {
    std::string text;
    Style style;
  };
  std::vector<Piece> pieces_;
};

}  // namespace nines::demo

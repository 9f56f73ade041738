// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "number_text.h"

#include <cmath>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace nines::demo {

std::string CountText(uint64_t count) {
  std::string text = absl::StrCat(count);
  for (size_t end = text.size(); end > 3; end -= 3) text.insert(end - 3, ",");
  return text;
}

std::string MillisecondsText(absl::Duration duration) {
  const double milliseconds = absl::ToDoubleMilliseconds(duration);
  return absl::StrFormat("%.*f", milliseconds < 100 ? 1 : 0, milliseconds);
}

std::string PercentText(double percent) {
  return absl::StrFormat("%.3f %%", std::floor(percent * 1000) / 1000);
}

std::string HostOf(absl::string_view address) {
  return std::string(address.substr(0, address.rfind(':')));
}

std::string OnOneLine(absl::string_view text) {
  std::string line(text);
  for (char& c : line) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = ' ';
  }
  return line;
}

}  // namespace nines::demo

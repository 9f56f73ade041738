// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "ninesctl/console.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace nines::ctl {
namespace {

// As many decimals as make three digits.
std::string ThreeDigits(double number) {
  const int decimals = number < 10 ? 2 : number < 100 ? 1 : 0;
  return absl::StrFormat("%.*f", decimals, number);
}

}  // namespace

std::string Printable(absl::string_view text) {
  std::string printable;
  for (const char c : text) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
      absl::StrAppendFormat(&printable, "\\x%02X", static_cast<unsigned char>(c));
    } else {
      printable += c;
    }
  }
  return printable;
}

std::string PrintableLines(absl::string_view text) {
  return absl::StrJoin(
      absl::StrSplit(text, '\n'), "\n  ",
      [](std::string* lines, absl::string_view line) { *lines += Printable(line); });
}

std::string TimeText(absl::Duration duration) {
  if (duration < absl::Seconds(1)) {
    return absl::StrCat(ThreeDigits(absl::ToDoubleMilliseconds(duration)), " ms");
  }
  return absl::StrCat(ThreeDigits(absl::ToDoubleSeconds(duration)), " s");
}

std::string CountText(size_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

}  // namespace nines::ctl

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <istream>
#include <ostream>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "ninesctl/json.h"

namespace nines::ctl {

/// What the exit status of ninesctl says. The numbers are a promise to scripts.
enum class ExitStatus {
  kGood = 0,
  kBadNews = 1,   // the question was answered, and the answer is bad
  kWrongUse = 2,  // there was no question: an argument, a file or a target is wrong
};

enum class OutputFormat {
  kText,  // for people
  kJson,  // for programs: docs/ninesctl.md
};

/// Where a command reads and writes. A value of references, which outlive it.
struct Console {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  OutputFormat format = OutputFormat::kText;
  bool has_color = false;

  bool is_json() const { return format == OutputFormat::kJson; }

  /// Writes one result of --json.
  void Write(const Json& json) { out << json.Indented() << "\n"; }
};

/// `text` with what would move a terminal's cursor or change its colours written as \x1B: names and
/// errors come from other machines. Newlines too.
std::string Printable(absl::string_view text);

/// The same of each line, where several problems are reported together; those after the first are
/// indented.
std::string PrintableLines(absl::string_view text);

/// "0.42 ms", "12.3 ms", "1.50 s": three digits, for people.
std::string TimeText(absl::Duration duration);

/// "1 endpoint", "2 endpoints".
std::string CountText(size_t count, absl::string_view noun);

}  // namespace nines::ctl

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "ninesctl/console.h"

namespace nines::ctl {

/// What the arguments ask for.
struct Invocation {
  std::string command;  // "check", …
  OutputFormat format = OutputFormat::kText;
  std::function<absl::StatusOr<ExitStatus>(Console&)> run;
};

/// Reads the arguments. An exit status if that is all there is to do: --help and --version were
/// answered on `out`, or what is wrong was said on `err`.
std::variant<Invocation, ExitStatus> ParseCommandLine(int argc, const char* const* argv,
                                                      std::ostream& out, std::ostream& err);

}  // namespace nines::ctl

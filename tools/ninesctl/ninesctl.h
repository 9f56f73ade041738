// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <istream>
#include <ostream>

#include "ninesctl/console.h"

namespace nines::ctl {

/// The program, apart from the process: parses the arguments, runs the command, says on `err` what
/// went wrong, and returns the status to exit with.
ExitStatus RunNinesctl(int argc, const char* const* argv, const Console& console);

}  // namespace nines::ctl

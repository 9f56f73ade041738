// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

namespace nines {

// Reads the flags of a program, which is for `purpose`, from its arguments. As
// absl::ParseCommandLine(), but --help shows the flags of all our files, not only of those that are
// named after the program; and an argument that is no flag ends the program with an error, as a
// flag that is not known does.
void ParseProgramFlags(const char* purpose, int argc, char** argv);

}  // namespace nines

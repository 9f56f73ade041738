// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "flags/program_flags.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/flags/usage_config.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace nines {
namespace {

// Not those of the flags library itself.
bool HasOurFlags(absl::string_view file) { return !absl::StrContains(file, "absl/flags/"); }

// As seen from the source folder, not from the one that it was built in.
std::string SourcePath(absl::string_view file) {
  while (absl::ConsumePrefix(&file, "../")) continue;
  return std::string(file);
}

}  // namespace

void ParseProgramFlags(const char* purpose, int argc, char** argv) {
  absl::FlagsUsageConfig usage;
  usage.contains_help_flags = HasOurFlags;
  usage.normalize_filename = SourcePath;
  absl::SetFlagsUsageConfig(usage);
  absl::SetProgramUsageMessage(purpose);
  const std::vector<char*> arguments = absl::ParseCommandLine(argc, argv);
  if (arguments.size() <= 1) return;  // the program's name
  std::fprintf(stderr, "%s: \"%s\" is not a flag; --help shows those that there are\n",
               arguments[0], arguments[1]);
  std::exit(1);
}

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "ninesctl/ninesctl.h"

#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/str_split.h"
#include "ninesctl/command_line.h"
#include "ninesctl/endpoint_json.h"

namespace nines::ctl {
namespace {

// A message may have several lines; each says whose it is.
void WriteError(const Invocation& invocation, const absl::Status& status, Console& console) {
  for (const absl::string_view line : absl::StrSplit(status.message(), '\n')) {
    console.err << "ninesctl " << invocation.command << ": " << Printable(line) << "\n";
  }
}

}  // namespace

ExitStatus RunNinesctl(int argc, const char* const* argv, const Console& console) {
  Console own = console;
  std::variant<Invocation, ExitStatus> parsed = ParseCommandLine(argc, argv, own.out, own.err);
  if (const auto* status = std::get_if<ExitStatus>(&parsed)) return *status;

  const auto& invocation = std::get<Invocation>(parsed);
  own.format = invocation.format;
  const absl::StatusOr<ExitStatus> status = invocation.run(own);
  if (status.ok()) return *status;

  WriteError(invocation, status.status(), own);
  if (absl::IsInvalidArgument(status.status())) return ExitStatus::kWrongUse;
  // A program that reads the output finds out why there is no answer.
  if (own.is_json()) {
    Json json = Json::Object();
    json.Set("error", ErrorJson(status.status()));
    own.Write(json);
  }
  return ExitStatus::kBadNews;
}

}  // namespace nines::ctl

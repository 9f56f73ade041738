// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "ninesctl_process.h"

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "support/temporary_folder.h"

namespace nines::ctl {
namespace {

using testbed::ChildProcess;

constexpr absl::Duration kPatience = absl::Seconds(60);

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// `args` begin with a shell's -c SCRIPT; $ERR is where its stderr goes.
Ran RunShell(const std::string& script, const std::vector<std::string>& args,
             const std::string& input) {
  const TemporaryFolder folder;
  ChildProcess::Options options = {
      .args = {"/bin/sh", "-c",
               absl::StrCat("NINESCTL='", NINESCTL, "'; exec 2>'", folder / "err", "'; ", script),
               "sh"},
      .stdin_from = ChildProcess::Stream::kPipe,
      .stdout_to = ChildProcess::Stream::kPipe};
  options.args.insert(options.args.end(), args.begin(), args.end());
  const auto child = ChildProcess::Start(options);
  EXPECT_TRUE(child.ok()) << child.status();
  if (!child.ok()) return {};
  (*child)->WriteStdin(input).IgnoreError();  // it need not read to the end
  (*child)->CloseStdin();
  Ran ran;
  for (auto line = (*child)->ReadLine(kPatience); line.ok(); line = (*child)->ReadLine(kPatience)) {
    absl::StrAppend(&ran.out, *line, "\n");
  }
  ran.exit_status = (*child)->Wait(kPatience).value_or(-1);
  ran.err = ReadFile(folder / "err");
  return ran;
}

}  // namespace

Ran RunNinesctl(const std::vector<std::string>& args, const std::string& input) {
  return RunShell("exec \"$NINESCTL\" \"$@\"", args, input);
}

Ran RunScript(const std::string& script, const std::string& input) {
  return RunShell(script, {}, input);
}

std::unique_ptr<ChildProcess> StartNinesctl(const std::vector<std::string>& args) {
  ChildProcess::Options options = {.args = {NINESCTL}, .stdout_to = ChildProcess::Stream::kPipe};
  options.args.insert(options.args.end(), args.begin(), args.end());
  auto child = ChildProcess::Start(options);
  EXPECT_TRUE(child.ok()) << child.status();
  return child.ok() ? *std::move(child) : nullptr;
}

}  // namespace nines::ctl

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "testbed/process.h"

namespace nines::ctl {

// What a process of ninesctl left.
struct Ran {
  int exit_status = -1;
  std::string out;
  std::string err;

  // `out` as JSON; discarded (is_discarded()) if it is none.
  nlohmann::json json() const { return nlohmann::json::parse(out, nullptr, false); }
};

// Runs ninesctl as a person does, and waits for its end. `input` is what it reads on stdin.
Ran RunNinesctl(const std::vector<std::string>& args, const std::string& input = "");

// The same, through a shell: `script` calls it as "$NINESCTL".
Ran RunScript(const std::string& script, const std::string& input = "");

// A process that runs on, with its stdout in a pipe.
std::unique_ptr<testbed::ChildProcess> StartNinesctl(const std::vector<std::string>& args);

}  // namespace nines::ctl

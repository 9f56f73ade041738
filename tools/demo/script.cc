// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "script.h"

#include "absl/time/time.h"

namespace nines::demo {

using testbed::Fault;

std::vector<Phase> MakeScript() {
  return {
      {"all is well, four endpoints", "", std::nullopt, 4, 0, 3},
      {"DNS adds a fifth endpoint, 127.0.0.6", "", std::nullopt, 5, 0, 5},
      {"127.0.0.2 is killed (SIGKILL)", "127.0.0.2 was started again",
       Fault{Fault::Kind::kKill, {0}}, 5, 5, 7},
      {"127.0.0.3 hangs (SIGSTOP)", "127.0.0.3 goes on (SIGCONT)", Fault{Fault::Kind::kHang, {1}},
       5, 5, 7},
      {"127.0.0.4 answers UNAVAILABLE", "127.0.0.4 answers well again",
       Fault{Fault::Kind::kErrors, {2}}, 5, 5, 7},
      {"127.0.0.5 is slow (300 ms)", "127.0.0.5 is fast again",
       Fault{Fault::Kind::kSlow, {3}, absl::Milliseconds(300)}, 5, 5, 7},
      {"3 of 5 answer UNAVAILABLE (.2 .4 .6)", "all answer well again",
       Fault{Fault::Kind::kErrors, {0, 2, 4}}, 5, 5, 7},
  };
}

std::vector<Phase> MakeFastScript() {
  std::vector<Phase> script = MakeScript();
  for (Phase& phase : script) {
    phase.fault_seconds = phase.fault ? 1 : 0;
    phase.seconds = 2;
  }
  return script;
}

size_t TotalSeconds(const std::vector<Phase>& script) {
  size_t seconds = 0;
  for (const Phase& phase : script) seconds += phase.seconds;
  return seconds;
}

}  // namespace nines::demo

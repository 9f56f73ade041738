// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// The whole product in a minute: real gRPC backends as processes, found by real DNS, called through
// nines and through stock gRPC side by side while they are killed, hang, answer errors and are
// slow. Exit status 0: it was played; 1: it could not be; 128 + n: ended by signal n.

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "contest.h"
#include "demo.h"
#include "event_log.h"
#include "flags/program_flags.h"
#include "script.h"
#include "signal_watcher.h"
#include "summary.h"
#include "view.h"

ABSL_FLAG(bool, fast, false, "play everything in a few seconds, as a test of the demo itself");
ABSL_FLAG(bool, plain, false, "write lines even if stdout is a terminal");

namespace nines::demo {
namespace {

constexpr char kIntroduction[] =
    "nines demo: five gRPC backends, 127.0.0.2 ... 127.0.0.6, at first four in DNS.\n"
    "Two clients make 400 calls/s each, deadline 1 s, with the same retry policy:\n"
    "  nines finds them by DNS; half of its calls go by hash of the user's key, half\n"
    "  at random;\n"
    "  stock gRPC (round_robin, outlier detection) was given all five addresses.\n\n";

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "nines_demo: %s\n", std::string(status.message()).c_str());
  return 1;
}

int Run() {
  SignalWatcher signals;
  std::fputs(kIntroduction, stdout);
  std::fflush(stdout);
  const auto events = std::make_shared<EventLog>();
  const absl::StatusOr<std::unique_ptr<Contest>> contest = Contest::Create(events);
  if (!contest.ok()) return Fail(contest.status());

  std::unique_ptr<View> view =
      CanDraw() && !absl::GetFlag(FLAGS_plain) ? MakeLiveView() : MakePlainView();
  Demo demo(**contest, *events, signals, *view,
            absl::GetFlag(FLAGS_fast) ? MakeFastScript() : MakeScript());
  const absl::Status status = demo.Play();
  (*contest)->StopLoad();
  view.reset();  // the summary is for the terminal as it was

  std::printf("\n%s", RenderSummary(demo.Results()).c_str());
  if (!status.ok()) return Fail(status);
  if (!demo.signal()) return 0;
  std::printf("ended early by signal %d\n", *demo.signal());
  return 128 + *demo.signal();
}

}  // namespace
}  // namespace nines::demo

int main(int argc, char** argv) {
  nines::ParseProgramFlags("nines beside stock gRPC while backends fail", argc, argv);
  return nines::demo::Run();
}

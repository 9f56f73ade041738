// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// ninesctl, the process: its streams, and nothing else.

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "ninesctl/console.h"
#include "ninesctl/descriptor_buffer.h"
#include "ninesctl/ninesctl.h"

namespace nines::ctl {
namespace {

// Without this, the first descriptor that the event loop opens would be stdout, and be written to.
// Read-only, so that output which has nowhere to go is an error rather than lost.
void FillClosedStreams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDONLY) != fd) std::_Exit(2);
  }
}

bool HasColor() {
  const char* const no_color = std::getenv("NO_COLOR");  // https://no-color.org
  const char* const terminal = std::getenv("TERM");
  return isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0') &&
         terminal != nullptr && std::strcmp(terminal, "dumb") != 0;
}

// An answer that could not be written is no good one. A reader that has read enough, as `head`
// does, is no failure.
ExitStatus AfterWriting(ExitStatus status, const DescriptorBuffer& buffer) {
  if (buffer.error() == 0 || buffer.error() == EPIPE) return status;
  std::cerr << "ninesctl: the output cannot be written: " << std::strerror(buffer.error()) << "\n";
  return status == ExitStatus::kGood ? ExitStatus::kBadNews : status;
}

int Main(int argc, char** argv) {
  FillClosedStreams();
  signal(SIGPIPE, SIG_IGN);  // writing to a pipe that nobody reads is an error like others
  DescriptorBuffer buffer(STDOUT_FILENO);
  std::ostream out(&buffer);
  const Console console{std::cin, out, std::cerr, OutputFormat::kText, HasColor()};
  const ExitStatus status = RunNinesctl(argc, argv, console);
  out.flush();
  return static_cast<int>(AfterWriting(status, buffer));
}

}  // namespace
}  // namespace nines::ctl

int main(int argc, char** argv) { return nines::ctl::Main(argc, argv); }

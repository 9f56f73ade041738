// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "signal_watcher.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>

namespace nines::demo {
namespace {

int BlockAndOpen() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

}  // namespace

SignalWatcher::SignalWatcher() : fd_(BlockAndOpen()) {}

SignalWatcher::~SignalWatcher() { close(fd_); }

std::optional<int> SignalWatcher::WaitFor(absl::Duration timeout) {
  const absl::Duration wait = std::max(timeout, absl::ZeroDuration());
  pollfd request = {fd_, POLLIN, 0};
  // Rounded up, so that a caller with a time to wait for does not spin before it.
  const auto milliseconds = absl::ToInt64Milliseconds(absl::Ceil(wait, absl::Milliseconds(1)));
  if (poll(&request, 1, static_cast<int>(milliseconds)) <= 0) return std::nullopt;
  signalfd_siginfo signal;
  if (read(fd_, &signal, sizeof(signal)) != sizeof(signal)) return std::nullopt;
  return static_cast<int>(signal.ssi_signo);
}

}  // namespace nines::demo

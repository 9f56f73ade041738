// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "snapshot/background_work.h"

#include <csignal>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

namespace nines {
namespace {

using Work = absl::AnyInvocable<void()>;

void* Run(void* argument) {
  const std::unique_ptr<Work> work(static_cast<Work*>(argument));
  (*work)();
  return nullptr;
}

}  // namespace

absl::Status BackgroundWork::Start(Work work) {
  Join();
  auto owned = std::make_unique<Work>(std::move(work));
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // a new thread has its maker's mask
  pthread_t thread;
  // Not std::thread, which throws when there are no threads left.
  const int error = pthread_create(&thread, nullptr, Run, owned.get());
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (error != 0) {
    return absl::ResourceExhaustedError(absl::StrCat("no thread: ", std::strerror(error)));
  }
  owned.release();  // NOLINT(bugprone-unused-return-value): Run() owns it
  thread_ = thread;
  return absl::OkStatus();
}

void BackgroundWork::Join() {
  if (!thread_.has_value()) return;
  pthread_join(*thread_, nullptr);
  thread_.reset();
}

}  // namespace nines

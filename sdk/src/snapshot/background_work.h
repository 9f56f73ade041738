// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <pthread.h>

#include <optional>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"

namespace nines {

// Work that may block, one at a time, each on a thread that ends with it: a process with a hundred
// targets has no idle threads for them. The thread takes no signals of the program's.
//
// Thread-compatible. Lifetime: Join() before it goes, which the destructor does.
class BackgroundWork {
 public:
  BackgroundWork() = default;
  BackgroundWork(const BackgroundWork&) = delete;
  BackgroundWork& operator=(const BackgroundWork&) = delete;
  ~BackgroundWork() { Join(); }

  // Runs `work` on a new thread; waits for the work before it, if that is not over.
  // ResourceExhausted, and `work` is dropped, if the system gives no thread.
  absl::Status Start(absl::AnyInvocable<void()> work);

  // Waits for the work under way.
  void Join();

 private:
  std::optional<pthread_t> thread_;
};

}  // namespace nines

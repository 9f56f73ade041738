// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <mutex>

#include "nines/registry.h"

namespace nines {

absl::StatusOr<std::shared_ptr<EventLoop>> SharedEventLoop() {
  // The one global of nines, so that a process with a hundred targets has one thread. It owns
  // nothing: the loop lives and dies with its users.
  static std::mutex& mutex = *new std::mutex();
  static std::weak_ptr<EventLoop>& shared = *new std::weak_ptr<EventLoop>();

  const std::lock_guard<std::mutex> lock(mutex);
  if (std::shared_ptr<EventLoop> loop = shared.lock()) return loop;
  auto loop = BuiltinRegistry().CreateEventLoop();
  if (loop.ok()) shared = *loop;
  return loop;
}

}  // namespace nines

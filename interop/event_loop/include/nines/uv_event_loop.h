// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "nines/event_loop.h"

namespace nines {

/// An event loop on libuv, with a thread of its own that is named "nines" and takes no signals that
/// a process can be sent: the program's handlers run on the program's threads.
///
/// Timers run at their time or later, never earlier, with a resolution of a millisecond; those due
/// together run in the order of their times, and of their making where these are equal. Its clock
/// is ProcessClock(). WatchFd() makes descriptors non-blocking; one that cannot be watched (a
/// regular file, a closed one, one that is watched already) is reported ready once, for everything:
/// the read or write that follows says what is wrong with it.
///
/// Unavailable, naming the system's reason, if the system gives no thread or descriptors.
absl::StatusOr<std::shared_ptr<EventLoop>> CreateUvEventLoop();

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <memory>

#include "nines/event_loop.h"
#include "src/core/lib/gprpp/work_serializer.h"

namespace nines {

// Runs `work` in a channel's work serializer: at once, or when the thread that is in there comes
// to it.
//
// Whoever enters the serializer does there what others have queued meanwhile, the end of the
// channel among it, and that destroys its resolver, its probes and its timers. From the event
// loop's thread it is therefore entered when the loop's callback that asked for it, which may be
// one of theirs, has returned. Thread-safe; of one thread, `work` runs in the order of the calls.
void RunSerialized(const std::shared_ptr<grpc_core::WorkSerializer>& serializer,
                   const std::shared_ptr<EventLoop>& loop, std::function<void()> work);

}  // namespace nines

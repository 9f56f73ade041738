// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "core_1_51/run_serialized.h"

#include <utility>

#include "src/core/lib/iomgr/exec_ctx.h"

namespace nines {

void RunSerialized(const std::shared_ptr<grpc_core::WorkSerializer>& serializer,
                   const std::shared_ptr<EventLoop>& loop, std::function<void()> work) {
  if (!loop->IsLoopThread()) {
    grpc_core::ExecCtx exec_ctx;
    serializer->Run(std::move(work), DEBUG_LOCATION);
    return;
  }
  // The loop stays until then: nobody else may hold it any more.
  loop->Post([serializer, loop, work = std::move(work)]() mutable {
    grpc_core::ExecCtx exec_ctx;
    serializer->Run(std::move(work), DEBUG_LOCATION);
  });
}

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "sync/read_section.h"

#include <algorithm>

#if defined(__linux__)
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace nines {
namespace {

#if defined(__linux__)
bool RegisterMembarrier() {
  return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}
void BarrierOnAllThreads() {
  // Fails only in a child after fork() on kernels that do not inherit the registration.
  if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) != 0) {
    RegisterMembarrier();
    syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
  }
}
#else
bool RegisterMembarrier() { return false; }
void BarrierOnAllThreads() {}
#endif

}  // namespace

bool ReadSection::UseMembarrier() {
  const bool has_membarrier = RegisterMembarrier();
  global_.has_membarrier.store(has_membarrier, std::memory_order_relaxed);
  return has_membarrier;
}

uint64_t ReadSection::AdvanceEpoch() {
  // Decided here, once: a reader that has not seen the decision yet takes the fence, which is right
  // whatever the writers do.
  static const bool has_membarrier = UseMembarrier();
  const uint64_t epoch = global_.epoch.fetch_add(1, std::memory_order_seq_cst) + 1;
  if (has_membarrier) BarrierOnAllThreads();
  return epoch;
}

uint64_t ReadSection::OldestActiveEpoch() {
  uint64_t oldest = global_.epoch.load(std::memory_order_seq_cst);
  for (const ThreadSlot* slot = ThreadSlot::All(); slot != nullptr; slot = slot->next()) {
    const uint64_t epoch = slot->epoch().load(std::memory_order_seq_cst);
    if (epoch != 0) oldest = std::min(oldest, epoch);
  }
  return oldest;
}

size_t ReadSection::SlotCount() {
  size_t count = 0;
  for (const ThreadSlot* slot = ThreadSlot::All(); slot != nullptr; slot = slot->next()) ++count;
  return count;
}

}  // namespace nines

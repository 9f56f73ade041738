// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "balancing/read_section.h"

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

// Whether the writer's barrier covers the readers. Decided before main() so that a reader tests a
// constant; a section entered earlier still sees false and takes the fence.
const bool has_membarrier = RegisterMembarrier();

// Advanced by every writer. Starts at 1: 0 in a slot means "not reading".
std::atomic<uint64_t> current_epoch{1};

}  // namespace

std::atomic<ReadSection::Slot*> ReadSection::all_slots_{nullptr};

// Gives the thread's slot back when the thread ends. A thread_local that outlives a call, against
// the rule, because the alternative is a lock or a shared cache line in every pick.
class ThreadSlot {
 public:
  ThreadSlot() = default;
  ~ThreadSlot() {
    if (slot_ != nullptr) slot_->is_owned.store(false, std::memory_order_release);
    own = nullptr;
  }
  void Hold(ReadSection::Slot& slot) { slot_ = &slot; }

  static thread_local ReadSection::Slot* own;  // trivial, so that reading it costs one load

 private:
  ReadSection::Slot* slot_ = nullptr;
};

thread_local ReadSection::Slot* ThreadSlot::own = nullptr;

ReadSection::Slot& ReadSection::AcquireSlot() {
  Slot* found = nullptr;
  for (Slot* slot = all_slots_.load(std::memory_order_acquire); slot != nullptr && found == nullptr;
       slot = slot->next) {
    bool is_owned = false;
    if (slot->is_owned.compare_exchange_strong(is_owned, true, std::memory_order_acquire)) {
      found = slot;
    }
  }
  if (found == nullptr) {
    found = new Slot();
    found->next = all_slots_.load(std::memory_order_relaxed);
    while (!all_slots_.compare_exchange_weak(found->next, found, std::memory_order_seq_cst)) {
    }
  }
  thread_local ThreadSlot holder;
  holder.Hold(*found);
  ThreadSlot::own = found;
  return *found;
}

inline ReadSection::Slot& ReadSection::OwnSlot() {
  Slot* slot = ThreadSlot::own;
  return slot != nullptr ? *slot : AcquireSlot();
}

ReadSection::ReadSection()
    : slot_(OwnSlot()), outer_epoch_(slot_.epoch.load(std::memory_order_relaxed)) {
  if (outer_epoch_ != 0) return;  // the outer section already protects
  const uint64_t epoch = current_epoch.load(std::memory_order_acquire);
  if (has_membarrier) {
    slot_.epoch.store(epoch, std::memory_order_relaxed);
    // The compiler must not move the pointer's load above the store; the processor's part is the
    // writer's barrier.
    std::atomic_signal_fence(std::memory_order_seq_cst);
  } else {
    slot_.epoch.exchange(epoch, std::memory_order_seq_cst);
  }
}

uint64_t ReadSection::AdvanceEpoch() {
  const uint64_t epoch = current_epoch.fetch_add(1, std::memory_order_seq_cst) + 1;
  if (has_membarrier) BarrierOnAllThreads();
  return epoch;
}

uint64_t ReadSection::OldestActiveEpoch() {
  uint64_t oldest = current_epoch.load(std::memory_order_seq_cst);
  for (const Slot* slot = all_slots_.load(std::memory_order_seq_cst); slot != nullptr;
       slot = slot->next) {
    const uint64_t epoch = slot->epoch.load(std::memory_order_seq_cst);
    if (epoch != 0) oldest = std::min(oldest, epoch);
  }
  return oldest;
}

size_t ReadSection::SlotCount() {
  size_t count = 0;
  for (const Slot* slot = all_slots_.load(std::memory_order_acquire); slot != nullptr;
       slot = slot->next) {
    ++count;
  }
  return count;
}

}  // namespace nines

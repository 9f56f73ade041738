// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "sync/thread_slot.h"

namespace nines {

// Gives the thread's slot back when the thread ends.
class ThreadSlotHolder {
 public:
  explicit ThreadSlotHolder(ThreadSlot& slot) : slot_(slot) {}
  ThreadSlotHolder(const ThreadSlotHolder&) = delete;
  ThreadSlotHolder& operator=(const ThreadSlotHolder&) = delete;
  ~ThreadSlotHolder() {
    ThreadSlot::is_ending_ = true;
    ThreadSlot::own_ = nullptr;  // a destructor that picks after this one gets a slot anew
    slot_.is_owned_.store(false, std::memory_order_release);
  }

  // A slot that was given back, or nullptr.
  static ThreadSlot* FindFree() {
    for (ThreadSlot* slot = ThreadSlot::all_.load(std::memory_order_acquire); slot != nullptr;
         slot = slot->next_) {
      bool is_owned = false;
      if (slot->is_owned_.compare_exchange_strong(is_owned, true, std::memory_order_acquire)) {
        return slot;
      }
    }
    return nullptr;
  }

  static ThreadSlot* MakeLinked() {
    static std::atomic<uint32_t> last_number{0};
    auto* slot = new ThreadSlot(last_number.fetch_add(1, std::memory_order_relaxed));
    slot->next_ = ThreadSlot::all_.load(std::memory_order_relaxed);
    while (!ThreadSlot::all_.compare_exchange_weak(slot->next_, slot, std::memory_order_seq_cst)) {
    }
    return slot;
  }

 private:
  ThreadSlot& slot_;
};

thread_local bool ThreadSlot::is_ending_ = false;

ThreadSlot& ThreadSlot::Acquire() {
  ThreadSlot* slot = ThreadSlotHolder::FindFree();
  if (slot == nullptr) slot = ThreadSlotHolder::MakeLinked();
  thread_local const ThreadSlotHolder holder(*slot);
  own_ = slot;
  return *slot;
}

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace nines::bench {

/// Data that is read often and changed seldom, twice: readers use the foreground, a change is made
/// to the background, the two swap, and when no reader is left on the old foreground the change is
/// repeated there. A reader locks a mutex of its own thread, which nobody else wants but a writer
/// who waits for this reader.
///
/// Thread-safe. Outlives the reads; a thread's mutexes end with the thread.
template <typename T>
class DoublyBuffered {
 public:
  DoublyBuffered() : id_(NextId()) {}
  DoublyBuffered(const DoublyBuffered&) = delete;
  DoublyBuffered& operator=(const DoublyBuffered&) = delete;

  /// The foreground, which stays as it is until this ends. Confined to its thread.
  class Reading {
   public:
    const T& operator*() const { return *data_; }
    const T* operator->() const { return data_; }

   private:
    friend class DoublyBuffered;
    // The lock comes first: the index read after it holds as long as the lock does.
    Reading(std::mutex& mutex, const DoublyBuffered& owner)
        : lock_(mutex), data_(&owner.data_[owner.foreground_.load(std::memory_order_acquire)]) {}

    const std::lock_guard<std::mutex> lock_;
    const T* const data_;
  };

  Reading Read() const { return Reading(OwnMutex(), *this); }

  /// Makes `change(T& background, const T& foreground)`, twice. Waits for readers.
  template <typename Change>
  void Modify(Change change) {
    const std::lock_guard<std::mutex> lock(writer_mutex_);
    const int old = foreground_.load(std::memory_order_relaxed);
    change(data_[1 - old], data_[old]);
    foreground_.store(1 - old, std::memory_order_release);
    WaitForReaders();
    change(data_[old], data_[1 - old]);
  }

 private:
  using MutexPtr = std::shared_ptr<std::mutex>;  // of its thread and of this

  static size_t NextId() {
    static std::atomic<size_t> last_id{0};
    return last_id.fetch_add(1, std::memory_order_relaxed);
  }

  std::mutex& OwnMutex() const {
    thread_local std::vector<MutexPtr> mutexes;  // by id_
    if (id_ < mutexes.size() && mutexes[id_] != nullptr) return *mutexes[id_];
    if (id_ >= mutexes.size()) mutexes.resize(id_ + 1);
    mutexes[id_] = std::make_shared<std::mutex>();
    const std::lock_guard<std::mutex> lock(readers_mutex_);
    readers_.push_back(mutexes[id_]);
    return *mutexes[id_];
  }

  // A reader that locks its mutex after this has unlocked it sees the new foreground.
  void WaitForReaders() {
    const std::lock_guard<std::mutex> lock(readers_mutex_);
    for (const MutexPtr& reader : readers_) const std::lock_guard<std::mutex> wait(*reader);
  }

  const size_t id_;
  std::atomic<int> foreground_{0};  // written under writer_mutex_
  T data_[2];
  std::mutex writer_mutex_;
  mutable std::mutex readers_mutex_;
  mutable std::vector<MutexPtr> readers_;  // guarded by readers_mutex_
};

}  // namespace nines::bench

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "sync/mutex.h"

namespace nines {

// The latest version of what rarely changes. Readers may look at one version while the next comes,
// so each is counted by its readers; and since most things never change, a reader counts nothing,
// and takes no lock, until one has. Thread-safe.
template <typename T>
class Latest {
 public:
  void Set(std::shared_ptr<T> latest) {
    MutexLock lock(mutex_);
    latest_.swap(latest);  // the one before goes after the lock
    has_changed_.store(true, std::memory_order_relaxed);
  }

  // `first`, not owned, if there was no change.
  std::shared_ptr<T> GetOr(T& first) const {
    if (!has_changed_.load(std::memory_order_relaxed)) {
      return std::shared_ptr<T>(std::shared_ptr<T>(), &first);
    }
    MutexLock lock(mutex_);
    return latest_;
  }

 private:
  std::atomic<bool> has_changed_{false};  // the lock orders what it leads to
  mutable Mutex mutex_;
  std::shared_ptr<T> latest_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace nines

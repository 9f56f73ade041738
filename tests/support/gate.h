// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace nines {

/// Far beyond what any wait in a test takes on a busy machine under a sanitizer; a test that comes
/// near it has failed.
inline constexpr std::chrono::seconds kPatience(60);

/// Closed until one thread opens it, which lets all who wait through. Thread-safe.
///
/// On std::mutex and not absl::Notification, which ThreadSanitizer cannot see into.
class Gate {
 public:
  void Open() {
    const std::lock_guard<std::mutex> lock(mu_);
    is_open_ = true;
    // Under the lock: whoever passes may destroy the gate at once.
    opened_.notify_all();
  }

  bool is_open() const {
    const std::lock_guard<std::mutex> lock(mu_);
    return is_open_;
  }

  /// False if nobody opens it within kPatience.
  [[nodiscard]] bool Wait() {
    std::unique_lock<std::mutex> lock(mu_);
    return opened_.wait_for(lock, kPatience, [this] { return is_open_; });
  }

 private:
  mutable std::mutex mu_;
  std::condition_variable opened_;
  bool is_open_ = false;
};

}  // namespace nines

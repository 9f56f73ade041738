// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "nines/observer.h"

namespace nines::demo {

/// Keeps the events of several channels as lines for people, in the order they came.
/// Thread-safe. Held by shared_ptr: its observers keep it.
class EventLog : public std::enable_shared_from_this<EventLog> {
 public:
  /// An observer for the channel that is called `channel` in the lines.
  std::shared_ptr<Observer> MakeObserver(std::string channel);

  /// All lines so far: " 12.3 s  hash    127.0.0.3 healthy -> ejected: 5 consecutive failures".
  std::vector<std::string> Lines() const;

  /// Sets the time that the lines count from; until then they say 0.
  void SetStart(absl::Time start);

  void Add(const std::string& channel, const Event& event);

 private:
  mutable std::mutex mu_;                      // std::mutex: see testbed/echo_service.h
  absl::Time start_ = absl::InfiniteFuture();  // guarded by mu_
  std::vector<std::string> lines_;             // guarded by mu_
};

}  // namespace nines::demo

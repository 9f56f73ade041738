// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "contest.h"
#include "event_log.h"
#include "script.h"
#include "signal_watcher.h"
#include "summary.h"
#include "view.h"

namespace nines::demo {

/// Plays a script on a contest and shows it. Confined to one thread, which must live until the end
/// (it starts the backends; see testbed/process.h).
class Demo {
 public:
  /// The references outlive the demo.
  Demo(Contest& contest, EventLog& events, SignalWatcher& signals, View& view,
       std::vector<Phase> script);

  Demo(const Demo&) = delete;
  Demo& operator=(const Demo&) = delete;

  /// Plays all phases, or until a signal comes. An error of the testbed ends it early.
  absl::Status Play();

  /// The signal that ended it.
  std::optional<int> signal() const { return signal_; }

  /// Of the phases that began; complete once the load has stopped.
  std::vector<PhaseResult> Results() const;

 private:
  absl::Status PlayPhase(const Phase& phase);
  void ShowUntil(size_t second);
  Snapshot TakeSnapshot(absl::Time now);

  Contest& contest_;
  EventLog& events_;
  SignalWatcher& signals_;
  View& view_;
  const std::vector<Phase> script_;
  absl::Time start_;
  size_t phases_begun_ = 0;
  std::string happening_;
  bool is_faulty_ = false;
  std::optional<int> signal_;
};

}  // namespace nines::demo

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nines/event_loop.h"

namespace nines {

/// Asks an endpoint whether it is well. Confined to the event loop's thread; but it may end
/// anywhere once all that it has probed is forgotten, or the loop has ended.
class Prober {
 public:
  /// A probe or a watch under way. Destroying it cancels: its callbacks do not run.
  class Probe {
   public:
    virtual ~Probe() = default;
  };
  using Callback = absl::AnyInvocable<void(absl::Status)>;

  virtual ~Prober() = default;

  /// "tcp", "http", …: for events.
  virtual const char* kind() const = 0;

  /// Probes `address`. `done` gets OK, or why not (DeadlineExceeded after `timeout`), later, never
  /// from within, and may destroy the probe. Two answers are no verdict on the endpoint:
  /// - ResourceExhausted: this process could not probe (no descriptor, port or memory left);
  /// - Unimplemented: the endpoint does not offer this kind of check. Its health is unknown, and it
  ///   is treated as if it was not probed.
  [[nodiscard]] virtual std::unique_ptr<Probe> Start(const std::string& address,
                                                     absl::Duration timeout, Callback done) = 0;

  /// What a watch hears. Both are called later than Listen(), and may destroy the watch.
  struct WatchCallbacks {
    /// What the endpoint says of itself: OK, or Unavailable with its words. Perhaps repeatedly, and
    /// as often as it pleases.
    absl::AnyInvocable<void(absl::Status)> on_word;
    /// The watch has ended and says no more; Unimplemented if the endpoint does not offer this.
    absl::AnyInvocable<void(absl::Status)> on_end;
  };

  /// Listens to what `address` says of its health unasked, beside the probes; null if this prober
  /// only asks.
  [[nodiscard]] virtual std::unique_ptr<Probe> Listen(const std::string& address,
                                                      WatchCallbacks callbacks) = 0;

  /// `address` will not be probed any more: what is kept for it (a connection) may go.
  virtual void Forget(const std::string& address) = 0;
};

/// A program's own check, for {"healthCheck": {"custom": {"name": "…"}}}: Registry::SetCheck().
/// Asks `address`, as in Endpoint, whether it is well, and calls `answer` with OK, or with why not;
/// the codes mean what they mean to Prober. On whichever thread, also at once; what comes after
/// `timeout`, or a second time, is not heard. Called on the event loop's thread, for one endpoint
/// while others are under way: it must not block. May let go of the client that probes.
using HealthCheck = std::function<void(const std::string& address, absl::Duration timeout,
                                       std::function<void(absl::Status)> answer)>;

/// What a prober is made of beside its config.
struct ProberContext {
  EventLoop* loop = nullptr;  // outlives the prober and its probes
  /// The target's, as calls use it: host or host:port.
  std::string authority = {};
};

}  // namespace nines

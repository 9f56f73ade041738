// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nines/event_loop.h"

namespace nines {

/// Asks an endpoint whether it is well. Confined to the event loop's thread.
class Prober {
 public:
  /// A probe under way. Destroying it cancels the probe: its callback does not run.
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

  /// `address` will not be probed any more: what is kept for it (a connection) may go.
  virtual void Forget(const std::string& address) = 0;
};

/// What a prober is made of beside its config.
struct ProberContext {
  EventLoop* loop = nullptr;  // outlives the prober and its probes
  /// The target's, as calls use it: host or host:port.
  std::string authority = {};
};

}  // namespace nines

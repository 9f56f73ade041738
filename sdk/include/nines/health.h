// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

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
  /// from within, and may destroy the probe. ResourceExhausted says that this process could not
  /// probe (no descriptor, port or memory left): nothing about the endpoint.
  [[nodiscard]] virtual std::unique_ptr<Probe> Start(const std::string& address,
                                                     absl::Duration timeout, Callback done) = 0;
};

}  // namespace nines

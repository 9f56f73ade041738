// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "nines/observer.h"
#include "support/gate.h"

namespace nines {

/// Opens a gate when the first endpoint is ejected.
class EjectionWatcher final : public Observer {
 public:
  void OnEvent(const Event& event) override {
    if (event.to != HealthState::kEjected || ejected.is_open()) return;
    address = event.address;
    reason = event.reason;
    ejected.Open();
  }

  // Written before the gate opens.
  std::string address;
  std::string reason;
  Gate ejected;
};

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <utility>

#include "absl/time/time.h"
#include "nines/observer.h"

namespace nines {

// An event of the target or, with an address, of one endpoint. Whoever delivers it knows the
// target.
inline Event MakeEvent(Event::Kind kind, std::string reason, absl::Time now,
                       std::string address = {}) {
  Event event;
  event.kind = kind;
  event.time = now;
  event.address = std::move(address);
  event.reason = std::move(reason);
  return event;
}

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "address_lookup.h"
#include "nines/event_loop.h"

namespace nines {

struct AresLookupOptions {
  std::string host;
  std::string server;  // "192.0.2.1:53"; empty: the system's servers, and /etc/hosts
  absl::Duration timeout = absl::Seconds(5);
  absl::Duration second_family_wait = absl::Milliseconds(250);
};

/// A lookup through c-ares. `loop` outlives it and its queries.
std::unique_ptr<AddressLookup> MakeAresLookup(EventLoop& loop, AresLookupOptions options);

}  // namespace nines

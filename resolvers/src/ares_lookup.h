// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "address_lookup.h"
#include "nines/event_loop.h"
#include "service_lookup.h"
#include "text_lookup.h"

namespace nines {

enum class SearchDomains { kUse, kIgnore };  // those of /etc/resolv.conf

/// Where the system says how names are looked up. Tests have another system.
struct SystemNames {
  std::string resolv_conf = "/etc/resolv.conf";
  uint16_t port = 53;  // of the servers that it names
};

struct AresLookupOptions {
  std::string host;
  std::string server;  // "192.0.2.1:53"; empty: the system's servers, and /etc/hosts
  SystemNames system = {};
  SearchDomains search = SearchDomains::kUse;
  absl::Duration timeout = absl::Seconds(5);
  absl::Duration second_family_wait = absl::Milliseconds(250);
};

/// Lookups through c-ares. `loop` outlives them and their queries.
std::unique_ptr<AddressLookup> MakeAresLookup(EventLoop& loop, AresLookupOptions options);
std::unique_ptr<ServiceLookup> MakeAresServiceLookup(EventLoop& loop, AresLookupOptions options);
std::unique_ptr<TextLookup> MakeAresTextLookup(EventLoop& loop, AresLookupOptions options);

}  // namespace nines

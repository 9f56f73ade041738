// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "address_lookup.h"
#include "endpoint_lookup.h"
#include "nines/event_loop.h"
#include "service_lookup.h"
#include "srv_endpoints.h"

namespace nines {

/// The endpoints of a service: first its SRV records, then the addresses of each host that they
/// name, a few hosts at a time.
class SrvLookup final : public EndpointLookup {
 public:
  struct Parts {
    std::unique_ptr<ServiceLookup> service;
    std::function<std::unique_ptr<AddressLookup>(const std::string& host)> addresses_of;
  };

  /// A host that has not answered `timeout` after the records came keeps its known addresses.
  SrvLookup(EventLoop& loop, Parts parts, absl::Duration timeout);

  std::unique_ptr<LookupQuery> Start(Callback done) override;
  void Forget() override { known_.clear(); }

 private:
  class Query;

  EventLoop& loop_;
  const Parts parts_;
  const absl::Duration timeout_;
  HostAddresses known_;  // of the hosts of the last answer
};

}  // namespace nines

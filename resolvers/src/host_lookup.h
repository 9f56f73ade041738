// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>

#include "address_lookup.h"
#include "dns_answer.h"
#include "endpoint_lookup.h"

namespace nines {

/// The addresses of one host, all with one port.
class HostLookup final : public EndpointLookup {
 public:
  HostLookup(std::unique_ptr<AddressLookup> addresses, uint16_t port);

  void Restore(const EndpointList& endpoints) override;
  std::unique_ptr<LookupQuery> Start(Callback done) override;
  void Forget() override { known_ = {}; }

 private:
  absl::StatusOr<FoundEndpoints> Merge(LookupAnswer answer);

  const std::unique_ptr<AddressLookup> addresses_;
  const uint16_t port_;
  KnownAddresses known_;
};

}  // namespace nines

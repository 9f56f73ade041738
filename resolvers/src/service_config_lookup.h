// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "endpoint_lookup.h"
#include "nines/config.h"
#include "nines/event_loop.h"
#include "text_lookup.h"

namespace nines {

/// The service config among the TXT records of a service (gRFC A2): the choice for this client in
/// the one that begins with "grpc_config=". As FoundEndpoints::service_config.
absl::StatusOr<std::string> ServiceConfigIn(absl::StatusOr<TxtReply> reply,
                                            const ServiceConfigClient& client);

/// Endpoints as another lookup finds them, and beside them the service config that DNS has.
class ServiceConfigLookup final : public EndpointLookup {
 public:
  struct Parts {
    std::unique_ptr<EndpointLookup> endpoints;
    std::unique_ptr<TextLookup> texts;
    ServiceConfigClient client = {};
    absl::Duration wait = absl::ZeroDuration();  // for the texts, once the endpoints are there
  };

  ServiceConfigLookup(EventLoop& loop, Parts parts) : loop_(loop), parts_(std::move(parts)) {}

  void Restore(const EndpointList& endpoints) override { parts_.endpoints->Restore(endpoints); }
  std::unique_ptr<LookupQuery> Start(Callback done) override;
  void Forget() override { parts_.endpoints->Forget(); }

 private:
  class Query;

  EventLoop& loop_;
  const Parts parts_;
};

}  // namespace nines

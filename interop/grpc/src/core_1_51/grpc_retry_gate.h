// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/time/time.h"
#include "core_1_51/per_call.h"
#include "src/core/ext/filters/client_channel/config_selector.h"

namespace nines {

// The least that gRPC's filter will wait before the next attempt of `call`, which has a
// retryPolicy.
absl::Duration LeastWait(const PerCall& call);

// Has the last word on each retry of one call: gRPC's retry filter asks it when all that gRFC A6
// asks for is given (status, attempts, throttling, nothing delivered yet), also after an attempt
// without an answer, which has no trailing metadata to speak by. Refused, the call ends with the
// last attempt's own status.
//
// Lives in the call's arena. Confined to the call combiner.
class GrpcRetryGate final : public grpc_core::ConfigSelector::CallDispatchController {
 public:
  // `call` outlives this.
  explicit GrpcRetryGate(PerCall* call) : call_(*call) {}

  bool ShouldRetry() override;
  void Commit() override {}

 private:
  NextStep Decide();  // never nothing

  PerCall& call_;
};

}  // namespace nines

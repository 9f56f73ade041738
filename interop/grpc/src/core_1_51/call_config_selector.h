// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "core_1_51/per_call.h"
#include "core_1_51/status_filter.h"
#include "nines/retry_budget.h"
#include "src/core/ext/filters/client_channel/config_selector.h"

namespace nines {

// Gives each call its PerCall and its GrpcRetryGate, puts the StatusFilter before gRPC's retries,
// and otherwise does what gRPC's default selector does: finds the method's config. Thread-safe,
// immutable.
class CallConfigSelector final : public grpc_core::ConfigSelector {
 public:
  // `retry_budget` outlives the calls: it is the channel's, which its calls keep.
  CallConfigSelector(grpc_core::RefCountedPtr<grpc_core::ServiceConfig> service_config,
                     RetryBudget& retry_budget);

  const char* name() const override { return "nines"; }
  bool Equals(const ConfigSelector* other) const override;
  std::vector<const grpc_channel_filter*> GetFilters() override { return {&kStatusFilter}; }
  CallConfig GetCallConfig(GetCallConfigArgs args) override;

 private:
  using MethodConfigs = grpc_core::ServiceConfigParser::ParsedConfigVector;

  void ReadMethod(const MethodConfigs& configs, PerCall* call) const;

  const grpc_core::RefCountedPtr<grpc_core::ServiceConfig> service_config_;
  RetryBudget& retry_budget_;
  const size_t retry_parser_index_;
  const size_t channel_parser_index_;
};

}  // namespace nines

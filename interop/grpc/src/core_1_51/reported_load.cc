// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "core_1_51/reported_load.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/numbers.h"
#include "src/core/ext/filters/client_channel/lb_policy/backend_metric_data.h"

namespace nines {
namespace {

using LbPolicyInterface = grpc_core::LoadBalancingPolicy;

std::optional<double> LoadInHeader(const LbPolicyInterface::MetadataInterface& metadata,
                                   const std::string& header) {
  std::string buffer;
  const auto text = metadata.Lookup(header, &buffer);
  double load = 0;
  if (!text.has_value() || !absl::SimpleAtod(*text, &load)) return std::nullopt;
  return std::isfinite(load) && load >= 0 ? std::optional<double>(load) : std::nullopt;
}

std::optional<double> LoadInOrca(LbPolicyInterface::BackendMetricAccessor* accessor) {
  const grpc_core::BackendMetricData* report =
      accessor == nullptr ? nullptr : accessor->GetBackendMetricData();
  if (report == nullptr) return std::nullopt;
  double load = report->cpu_utilization;
  for (const auto& [name, utilization] : report->utilization) load = std::max(load, utilization);
  return std::isfinite(load) && load >= 0 ? std::optional<double>(load) : std::nullopt;
}

}  // namespace

std::optional<double> ReportedLoad(
    const LbPolicyInterface::SubchannelCallTrackerInterface::FinishArgs& args,
    const std::string& header) {
  return header.empty() ? LoadInOrca(args.backend_metric_accessor)
                        : LoadInHeader(*args.trailing_metadata, header);
}

}  // namespace nines

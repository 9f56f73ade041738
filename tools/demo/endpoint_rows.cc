// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "endpoint_rows.h"

#include <utility>

#include "number_text.h"

namespace nines::demo {
namespace {

constexpr absl::Duration kRateWindow = absl::Seconds(1);

void AddStatus(const EndpointStatus& status, EndpointRow& row) {
  row.host = HostOf(status.endpoint.address);
  row.in_flight += status.in_flight;
  row.failures += status.failures;
  if (status.state != HealthState::kHealthy) row.reason = OnOneLine(status.reason);
}

}  // namespace

std::vector<EndpointRow> EndpointRows::Update(absl::Time now,
                                              const std::vector<EndpointStatus>& by_hash,
                                              const std::vector<EndpointStatus>& at_random) {
  std::map<std::string, EndpointRow> rows;
  Reading reading{now, {}};
  for (const EndpointStatus& status : by_hash) {
    EndpointRow& row = rows[status.endpoint.address];
    row.by_hash = status.state;
    AddStatus(status, row);
    reading.calls[status.endpoint.address] += status.calls;
  }
  for (const EndpointStatus& status : at_random) {
    EndpointRow& row = rows[status.endpoint.address];
    row.at_random = status.state;
    AddStatus(status, row);
    reading.calls[status.endpoint.address] += status.calls;
  }
  while (readings_.size() > 1 && readings_[1].time <= now - kRateWindow) readings_.pop_front();
  std::vector<EndpointRow> result;
  for (auto& [address, row] : rows) {
    if (!readings_.empty()) row.calls_per_second = Rate(readings_.front(), reading, address);
    result.push_back(std::move(row));
  }
  readings_.push_back(std::move(reading));
  return result;
}

double EndpointRows::Rate(const Reading& from, const Reading& to, const std::string& address) {
  const double seconds = absl::ToDoubleSeconds(to.time - from.time);
  const auto before = from.calls.find(address);
  const uint64_t calls_before = before == from.calls.end() ? 0 : before->second;
  const uint64_t calls = to.calls.at(address);
  // Fewer than before: the endpoint went and came back, and counts anew.
  if (seconds <= 0 || calls < calls_before) return 0;
  return static_cast<double>(calls - calls_before) / seconds;
}

}  // namespace nines::demo

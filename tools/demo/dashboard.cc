// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "dashboard.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "number_text.h"

namespace nines::demo {
namespace {

Style StyleOf(HealthState state) {
  switch (state) {
    case HealthState::kHealthy:
      return Style::kGood;
    case HealthState::kConnecting:
    case HealthState::kDegraded:
      return Style::kWarning;
    case HealthState::kEjected:
      return Style::kBad;
    case HealthState::kDraining:
    case HealthState::kDisabled:
      return Style::kDim;
  }
  return Style::kPlain;
}

void AppendState(HealthState state, StyledLine& line) {
  line.Append(absl::StrFormat("%-11s", HealthStateName(state)), StyleOf(state));
}

StyledLine Title(const Snapshot& snapshot) {
  StyledLine line("nines demo", Style::kBold);
  line.Append(absl::StrFormat("  %.0f s of %.0f s  ", absl::ToDoubleSeconds(snapshot.elapsed),
                              absl::ToDoubleSeconds(snapshot.total)));
  return line.Append(snapshot.target, Style::kDim);
}

StyledLine ProgressBar(const Snapshot& snapshot, size_t width) {
  const size_t cells = std::max<size_t>(width, 12) - 2;
  const double share = std::clamp(absl::FDivDuration(snapshot.elapsed, snapshot.total), 0.0, 1.0);
  const auto filled = static_cast<size_t>(share * static_cast<double>(cells));
  StyledLine line("[", Style::kDim);
  line.Append(std::string(filled, '#'));
  line.Append(std::string(cells - filled, '-'), Style::kDim);
  return line.Append("]", Style::kDim);
}

StyledLine Happening(const Snapshot& snapshot) {
  StyledLine line("now: ");
  return line.Append(snapshot.happening, snapshot.is_faulty ? Style::kBad : Style::kGood);
}

StyledLine EndpointLine(const EndpointRow& row) {
  StyledLine line(absl::StrFormat("%-10s", row.host));
  AppendState(row.by_hash, line);
  AppendState(row.at_random, line);
  line.Append(absl::StrFormat("%7.0f%8d%7s  ", row.calls_per_second, row.in_flight,
                              CountText(row.failures)));
  return line.Append(row.reason, Style::kDim);
}

void AppendEndpoints(const Snapshot& snapshot, std::vector<StyledLine>& lines) {
  lines.emplace_back(absl::StrFormat("%-10s%-11s%-11s%7s%8s%7s  %s", "endpoint", "by hash",
                                     "at random", "calls/s", "pending", "failed", "reason"),
                     Style::kBold);
  for (const EndpointRow& row : snapshot.endpoints) lines.push_back(EndpointLine(row));
}

StyledLine ClientLine(absl::string_view client, const testbed::CallTally& tally) {
  StyledLine line(absl::StrFormat("%-22s%11s", client, CountText(tally.made)));
  line.Append(absl::StrFormat("%10s", CountText(tally.failed)),
              tally.failed == 0 ? Style::kGood : Style::kBad);
  return line.Append(absl::StrFormat("%15s%11s%11s", PercentText(tally.AvailabilityPercent()),
                                     MillisecondsText(tally.latency.Quantile(0.5)),
                                     MillisecondsText(tally.latency.Quantile(0.99))));
}

void AppendClients(const Snapshot& snapshot, std::vector<StyledLine>& lines) {
  lines.emplace_back(absl::StrFormat("%-22s%11s%10s%15s%11s%11s", "client", "calls made", "failed",
                                     "availability", "p50 ms", "p99 ms"),
                     Style::kBold);
  lines.push_back(ClientLine("nines, by hash", snapshot.by_hash));
  lines.push_back(ClientLine("nines, at random", snapshot.at_random));
  lines.push_back(ClientLine("stock round_robin", snapshot.stock));
}

/// The latest events that fit below `lines`.
void AppendEvents(const Snapshot& snapshot, size_t height, std::vector<StyledLine>& lines) {
  const size_t room = height > lines.size() ? height - lines.size() : 0;
  const size_t shown = std::min(room, snapshot.events.size());
  for (size_t i = snapshot.events.size() - shown; i < snapshot.events.size(); ++i) {
    lines.emplace_back(snapshot.events[i], Style::kDim);
  }
}

}  // namespace

std::vector<StyledLine> RenderDashboard(const Snapshot& snapshot, size_t width, size_t height) {
  std::vector<StyledLine> lines = {Title(snapshot), ProgressBar(snapshot, width),
                                   Happening(snapshot), StyledLine()};
  AppendEndpoints(snapshot, lines);
  lines.emplace_back();
  AppendClients(snapshot, lines);
  lines.emplace_back();
  AppendEvents(snapshot, height, lines);
  if (lines.size() > height) lines.resize(height);
  return lines;
}

}  // namespace nines::demo

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "ninesctl/resolve.h"

#include <memory>
#include <utility>

#include "absl/strings/str_join.h"
#include "nines/registry.h"
#include "ninesctl/discovery.h"
#include "ninesctl/endpoint_json.h"
#include "ninesctl/table.h"

namespace nines::ctl {
namespace {

void ReportText(const std::string& target, const Discovery::Found& found, Console& console) {
  console.out << Printable(target) << ": ";
  if (!found.error.ok()) {
    console.out << Toned("error", Tone::kBad, console.has_color) << " after "
                << TimeText(found.took) << ": " << PrintableLines(found.error.message()) << "\n";
    return;
  }
  const size_t count = found.endpoints.size();
  console.out << Toned(CountText(count, "endpoint"), count > 0 ? Tone::kGood : Tone::kBad,
                       console.has_color)
              << " after " << TimeText(found.took) << "\n";
  Table table({{"ADDRESS"},
               {"WEIGHT", Table::Align::kRight},
               {"TIER", Table::Align::kRight},
               {"HASH KEY"},
               {"ZONE"},
               {"ATTRIBUTES"}});
  for (const Endpoint& endpoint : found.endpoints) {
    table.Add({endpoint.address, std::to_string(endpoint.weight), std::to_string(endpoint.tier),
               endpoint.hash_key, endpoint.zone,
               absl::StrJoin(endpoint.attributes, ", ", absl::PairFormatter("="))});
  }
  console.out << table.Render(console.has_color);
}

Json ToJson(const std::string& target, const Discovery::Found& found) {
  Json json = Json::Object();
  json.Set("target", target).Set("took_ms", JsonMilliseconds(found.took));
  Json list = Json::Array();
  for (const Endpoint& endpoint : found.endpoints) list.Append(EndpointJson(endpoint));
  json.Set("endpoints", std::move(list));
  json.Set("error", ErrorJson(found.error));
  return json;
}

// While it watches, an object is a line, so that a program can read one after the other.
void Report(const ResolveOptions& options, const Discovery::Found& found, Console& console) {
  if (!console.is_json()) {
    ReportText(options.target, found, console);
  } else if (options.watches) {
    console.out << ToJson(options.target, found).OnOneLine() << "\n";
  } else {
    console.Write(ToJson(options.target, found));
  }
}

}  // namespace

absl::StatusOr<ExitStatus> Resolve(const ResolveOptions& options, Console& console) {
  const auto loop = BuiltinRegistry().CreateEventLoop();
  if (!loop.ok()) return loop.status();
  const auto discovery = Discovery::Create(options.target, *loop);
  if (!discovery.ok()) return discovery.status();

  absl::Duration timeout = options.timeout;
  while (true) {
    const Discovery::Found found = (*discovery)->Next(timeout);
    Report(options, found, console);
    console.out.flush();
    if (!options.watches || !console.out) {
      return found.is_good() ? ExitStatus::kGood : ExitStatus::kBadNews;
    }
    timeout = absl::InfiniteDuration();
  }
}

}  // namespace nines::ctl

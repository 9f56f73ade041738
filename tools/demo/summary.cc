// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "summary.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "number_text.h"

namespace nines::demo {
namespace {

using testbed::CallTally;

std::string Line(absl::string_view title, absl::string_view client, const CallTally& tally) {
  return absl::StrFormat("%-38s%-6s%8s%7s%11s%8s\n", title, client, CountText(tally.made),
                         CountText(tally.failed), PercentText(tally.AvailabilityPercent()),
                         MillisecondsText(tally.latency.Quantile(0.99)));
}

std::string Lines(const PhaseResult& result) {
  return absl::StrCat(Line(result.title, "nines", result.nines), Line("", "stock", result.stock));
}

std::string Sentence(absl::string_view client, const CallTally& tally) {
  return absl::StrFormat("%-12s%s of %s calls failed, availability %s\n", client,
                         CountText(tally.failed), CountText(tally.made),
                         PercentText(tally.AvailabilityPercent()));
}

}  // namespace

std::string RenderSummary(const std::vector<PhaseResult>& results) {
  std::string text = absl::StrFormat("%-38s%-6s%8s%7s%11s%8s\n", "what happened", "client", "calls",
                                     "failed", "available", "p99 ms");
  PhaseResult total{"all of it", {}, {}};
  for (const PhaseResult& result : results) {
    absl::StrAppend(&text, Lines(result));
    total.nines.Merge(result.nines);
    total.stock.Merge(result.stock);
  }
  return absl::StrCat(text, Lines(total), "\n", Sentence("nines:", total.nines),
                      Sentence("stock gRPC:", total.stock));
}

}  // namespace nines::demo

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "number_text.h"
#include "view.h"

namespace nines::demo {
namespace {

std::string ClientText(absl::string_view client, const testbed::CallTally& tally) {
  return absl::StrFormat("%s %s calls, %s failed, p99 %s ms", client, CountText(tally.made),
                         CountText(tally.failed), MillisecondsText(tally.latency.Quantile(0.99)));
}

/// "4 healthy, 1 ejected": the endpoints as the channel that goes at random sees them.
std::string EndpointsText(const std::vector<EndpointRow>& endpoints) {
  std::map<HealthState, int> counts;
  for (const EndpointRow& row : endpoints) ++counts[row.at_random];
  std::vector<std::string> parts;
  parts.reserve(counts.size());
  for (const auto& [state, count] : counts) {
    parts.push_back(absl::StrCat(count, " ", HealthStateName(state)));
  }
  return absl::StrJoin(parts, ", ");
}

class PlainView final : public View {
 public:
  void Show(const Snapshot& snapshot) override {
    if (snapshot.happening != happening_) {
      happening_ = snapshot.happening;
      Print(
          absl::StrFormat("%5.1f s  now: %s", absl::ToDoubleSeconds(snapshot.elapsed), happening_));
    }
    for (; events_ < snapshot.events.size(); ++events_) Print(snapshot.events[events_]);
    const auto second = static_cast<int>(absl::ToInt64Seconds(snapshot.elapsed));
    if (second == second_) return;
    second_ = second;
    Print(SecondText(snapshot));
  }

 private:
  static std::string SecondText(const Snapshot& snapshot) {
    testbed::CallTally nines = snapshot.by_hash;
    nines.Merge(snapshot.at_random);
    return absl::StrFormat("%5.1f s  %s | %s | %s", absl::ToDoubleSeconds(snapshot.elapsed),
                           ClientText("nines", nines), ClientText("stock", snapshot.stock),
                           EndpointsText(snapshot.endpoints));
  }

  static void Print(const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);  // for whoever follows a pipe or a file
  }

  std::string happening_;
  size_t events_ = 0;  // printed so far
  int second_ = 0;     // of the last line
};

}  // namespace

std::unique_ptr<View> MakePlainView() { return std::make_unique<PlainView>(); }

}  // namespace nines::demo

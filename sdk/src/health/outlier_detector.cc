// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/outlier_detector.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "health/failure_evidence.h"
#include "health/peer_outliers.h"
#include "health/pool_counts.h"
#include "health/sequential_test.h"

namespace nines {
namespace {

// ln(10⁴): of ten thousand intervals of an endpoint that is as good as its peers, one at most looks
// as bad by chance.
constexpr double kLeastEvidence = 9.2;

// How long calls are remembered for the comparison of a slow service: long enough for a hundred
// calls at two a second, short enough to follow a service whose errors come and go.
constexpr absl::Duration kMemory = absl::Minutes(1);

// e^-13.8 = 10⁻⁶: a run of failures as unlikely as that begins with one call in a million. At two
// calls a second to each of three endpoints, that is once in two days.
constexpr double kLeastEvidenceOfRun = 13.8;

// Whose calls are hedged after their median time loses half of them: ten in a row once in a
// thousand. What the peers lose is compared with, too.
constexpr uint32_t kLeastOvertaken = 10;

// So few calls say nothing of how often an endpoint usually fails.
constexpr double kLeastCalls = 20;

CallCounts operator-(const CallCounts& a, const CallCounts& b) {
  return {a.calls - b.calls, a.failures - b.failures};
}
CallCounts& operator+=(CallCounts& a, const CallCounts& b) {
  a.calls += b.calls;
  a.failures += b.failures;
  return a;
}

// One interval, of the endpoints that are in rotation.
struct Interval {
  std::vector<EndpointRecord*> records;
  std::vector<CallCounts> counts;  // of this interval
  CallCounts total;                // of `counts`
  CallCounts recent;               // of all records' `recent`
};

// The failure ratio of the median endpoint, or the better one of two, of those with enough calls; 0
// if there are none. Not that of all calls: fewer than half of the endpoints, however bad, must not
// make failures look usual.
double UsualFailureRatio(const std::vector<EndpointRecord*>& records) {
  std::vector<double> ratios;
  ratios.reserve(records.size());
  for (const EndpointRecord* record : records) {
    if (record->recent.calls < kLeastCalls) continue;
    ratios.push_back(record->recent.failures / record->recent.calls);
  }
  if (ratios.empty()) return 0;
  const auto median = ratios.begin() + static_cast<ptrdiff_t>((ratios.size() - 1) / 2);
  std::nth_element(ratios.begin(), median, ratios.end());
  return *median;
}

// Without what was given up, which is neither good nor bad.
CallCounts CountsOf(EndpointRecord& record) {
  record.CountCalls();
  // As doubles: of a call that is being given up, the end may not be counted yet.
  return {static_cast<double>(record.calls) - static_cast<double>(record.given_up),
          static_cast<double>(record.failures)};
}

// Calls that were overtaken by others' answers, as failures: those of an endpoint that has answered
// none of so many in a row. One that is only slower than the delay of the hedges does answer some.
double TakeOvertaken(EndpointRecord& record) {
  OvertakenWatch& watch = record.overtaken;
  const bool has_answered = record.state->has_answered_since(watch.answers);
  watch.answers = record.state->answered();
  const uint32_t overtaken = record.state->overtaken();
  watch.run += overtaken - std::exchange(watch.overtaken, overtaken);
  if (has_answered || HealthStateOf(*record.state) != HealthState::kHealthy) {
    watch.run = watch.counted = 0;
  }
  if (watch.run < kLeastOvertaken) return 0;
  return watch.run - std::exchange(watch.counted, watch.run);
}

Interval Collect(const std::vector<std::shared_ptr<EndpointRecord>>& records,
                 absl::Duration length) {
  const double fade = std::exp(-absl::FDivDuration(length, kMemory));
  Interval interval;
  for (const auto& record : records) {
    const CallCounts now = CountsOf(*record);
    CallCounts own = now - record->seen;
    record->seen = now;
    const double overtaken = TakeOvertaken(*record);
    own += {overtaken, overtaken};
    if (HealthStateOf(*record->state) != HealthState::kHealthy) {
      record->recent = {};
      record->suspicion = 0;
      continue;
    }
    record->recent = {record->recent.calls * fade + own.calls,
                      record->recent.failures * fade + own.failures};
    interval.records.push_back(record.get());
    interval.counts.push_back(own);
    interval.total += own;
    interval.recent += record->recent;
  }
  return interval;
}

Reason MakeReason(const char* detector, const CallCounts& own, double expected, double evidence,
                  const OvertakenWatch& overtaken) {
  Reason reason;
  reason.words = detector;
  reason.figures = absl::StrFormat(
      "%.0f of %.0f calls failed, %.1f %% at most were to be expected; chance has a probability "
      "below %.0e",
      own.failures, own.calls, expected * 100, std::exp(-evidence));
  if (overtaken.counted != 0) {
    absl::StrAppend(&reason.figures, "; none of the last ", overtaken.counted,
                    " was answered before another endpoint did");
  }
  return reason;
}

// The suspects of one of A50's detectors, without those that chance explains.
std::vector<Suspect> Suspects(const char* detector, const std::vector<size_t>& outliers,
                              uint32_t enforcement, const Interval& interval) {
  std::vector<Suspect> suspects;
  for (const size_t i : outliers) {
    const CallCounts& own = interval.counts[i];
    const double expected = ExpectedFailureRatio(interval.total - own);
    const double evidence = FailureEvidence(own, expected);
    if (evidence < kLeastEvidence) continue;
    EndpointRecord* const record = interval.records[i];
    suspects.push_back({record, MakeReason(detector, own, expected, evidence, record->overtaken),
                        enforcement, evidence});
  }
  return suspects;
}

std::vector<Suspect> SequentialSuspects(uint32_t enforcement, const Interval& interval) {
  std::vector<Suspect> suspects;
  // An endpoint without peers has nothing to be compared with.
  if (interval.records.size() < 2) return suspects;
  for (size_t i = 0; i < interval.records.size(); ++i) {
    EndpointRecord& record = *interval.records[i];
    const double expected = ExpectedFailureRatio(interval.recent - record.recent);
    record.suspicion = AddSequentialEvidence(record.suspicion, interval.counts[i], expected);
    if (record.suspicion < kSequentialDecision) continue;
    suspects.push_back(
        {&record,
         MakeReason("sequential test", record.recent, expected, record.suspicion, record.overtaken),
         enforcement, record.suspicion});
    record.suspicion = 0;
  }
  return suspects;
}

}  // namespace

std::vector<Suspect> OutlierDetector::EndInterval(
    const std::vector<std::shared_ptr<EndpointRecord>>& records, absl::Duration length) {
  const Interval interval = Collect(records, length);
  usual_failure_ratio_ = UsualFailureRatio(interval.records);
  std::vector<Suspect> suspects =
      Suspects("success rate", SuccessRateOutliers(interval.counts, config_.success_rate),
               config_.success_rate.enforcement_percentage, interval);
  absl::c_move(Suspects("failure percentage",
                        FailurePercentageOutliers(interval.counts, config_.failure_percentage),
                        config_.failure_percentage.enforcement_percentage, interval),
               std::back_inserter(suspects));
  absl::c_move(SequentialSuspects(config_.sequential.enforcement_percentage, interval),
               std::back_inserter(suspects));
  absl::c_stable_sort(suspects,
                      [](const Suspect& a, const Suspect& b) { return a.evidence > b.evidence; });
  return suspects;
}

bool OutlierDetector::IsChance(uint32_t failures_in_a_row) const {
  if (usual_failure_ratio_ <= 0) return false;
  return -std::log(usual_failure_ratio_) * failures_in_a_row < kLeastEvidenceOfRun;
}

}  // namespace nines

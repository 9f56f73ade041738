// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <utility>

#include "balancer_subject.h"
#include "rows.h"
#include "second_thread.h"
#include "statistics.h"

namespace nines::bench {
namespace {

constexpr size_t kEndpoints = 1'000;

/// Nanoseconds, median of the rounds' medians: as bench/pick has it for each policy.
absl::StatusOr<double> TimeReports(const AlgorithmConfig& algorithm) {
  constexpr uint64_t kRounds = 21;
  absl::StatusOr<LoopedBalancer> balancer = MakeBalancer(MakeConfig(algorithm), kEndpoints);
  if (!balancer.ok()) return balancer.status();
  const std::unique_ptr<Subject> subject = MakeBalancerSubject(*std::move(balancer), kEndpoints);
  std::vector<double> rounds;
  for (uint64_t round = 0; round < kRounds; ++round) {
    const RunResult run = subject->Run({.stream = round + 1,
                                        .warm_up_batches = 128,
                                        .timed_batches = 128,
                                        .end = LeaseEnd::kReport});
    std::vector<double> batches;
    for (const BatchTime& batch : run.batches) batches.push_back(batch.end_ns);
    rounds.push_back(Quantile(std::move(batches), 0.5));
  }
  return Quantile(std::move(rounds), 0.5);
}

}  // namespace

absl::StatusOr<std::vector<Finding>> MeasureReport(const RowOptions& /*options*/) {
  const SecondThread second_thread;
  Finding finding = {
      .title = "report of an outcome, worst policy", .measured = 0, .limit = 30, .unit = "ns"};
  for (const AlgorithmConfig& algorithm :
       {AlgorithmConfig(RandomConfig{}), AlgorithmConfig(HashConfig{}),
        AlgorithmConfig(LeastRequestConfig{}), AlgorithmConfig(RoundRobinConfig{})}) {
    const absl::StatusOr<double> nanoseconds = TimeReports(algorithm);
    if (!nanoseconds.ok()) return nanoseconds.status();
    finding.measured = std::max(finding.measured, *nanoseconds);
  }
  return std::vector<Finding>{finding};
}

}  // namespace nines::bench

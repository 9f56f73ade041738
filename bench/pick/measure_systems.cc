// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "measure_systems.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "allocations.h"

namespace nines::bench {
namespace {

using Clock = std::chrono::steady_clock;

double NanosecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
}

absl::StatusOr<std::vector<MadeSubject>> MakeSubjects(const std::vector<System>& systems,
                                                      size_t size) {
  std::vector<MadeSubject> subjects;
  for (const System& system : systems) {
    absl::StatusOr<MadeSubject> subject = system.make(size);
    if (!subject.ok()) return subject.status();
    subjects.push_back(*std::move(subject));
  }
  return subjects;
}

absl::Status ForRounds(int rounds, size_t systems,
                       absl::FunctionRef<absl::Status(size_t system, uint64_t round)> play) {
  for (uint64_t round = 0; round < static_cast<uint64_t>(rounds); ++round) {
    for (size_t i = 0; i < systems; ++i) {
      if (absl::Status status = play((i + round) % systems, round); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

// So many that every endpoint is looked at several times, and what other systems left in the caches
// is gone.
RunOptions OptionsFor(size_t size, uint64_t round) {
  RunOptions options;
  options.stream = round + 1;
  options.warm_up_batches = std::max<size_t>(128, 4 * size / Subject::kBatch);
  options.timed_batches = 128;
  return options;
}

absl::Status CheckRefused(const System& system, const RunResult& run) {
  if (run.refused == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(system.title, ": ", run.refused, " picks were refused"));
}

double MedianOf(const std::vector<BatchTime>& batches, double (*read)(const BatchTime&)) {
  std::vector<double> values;
  values.reserve(batches.size());
  for (const BatchTime& batch : batches) values.push_back(read(batch));
  return Quantile(std::move(values), 0.5);
}

double PickOf(const BatchTime& batch) { return batch.pick_ns; }
double EndOf(const BatchTime& batch) { return batch.end_ns; }
double WholeOf(const BatchTime& batch) { return batch.pick_ns + batch.end_ns; }

// What the rounds of one system gave so far.
struct PickSeries {
  std::vector<double> pick;
  std::vector<double> pick_and_drop;
  std::vector<double> pick_and_report;
  std::vector<double> report;

  void AddRun(const std::vector<BatchTime>& batches, LeaseEnd end) {
    if (end == LeaseEnd::kDrop) {
      pick.push_back(MedianOf(batches, PickOf));
      pick_and_drop.push_back(MedianOf(batches, WholeOf));
    } else {
      pick_and_report.push_back(MedianOf(batches, WholeOf));
      report.push_back(MedianOf(batches, EndOf));
    }
  }

  void WriteTo(size_t size, SystemResults& system) const {
    system.pick_ns[size] = MakeFigure(pick);
    system.pick_and_drop_ns[size] = MakeFigure(pick_and_drop);
    if (report.empty()) return;
    system.pick_and_report_ns[size] = MakeFigure(pick_and_report);
    system.report_ns[size] = MakeFigure(report);
  }
};

absl::Status MeasurePicksAt(size_t size, const std::vector<System>& systems, int rounds,
                            Results& results) {
  const auto subjects = MakeSubjects(systems, size);
  if (!subjects.ok()) return subjects.status();
  std::vector<PickSeries> series(systems.size());
  absl::Status status = ForRounds(rounds, systems.size(), [&](size_t i, uint64_t round) {
    RunOptions options = OptionsFor(size, round);
    RunResult run = (*subjects)[i].subject->Run(options);
    series[i].AddRun(run.batches, LeaseEnd::kDrop);
    if (systems[i].reports) {
      options.warm_up_batches = 0;  // the run before was
      options.end = LeaseEnd::kReport;
      const RunResult reported = (*subjects)[i].subject->Run(options);
      series[i].AddRun(reported.batches, LeaseEnd::kReport);
      run.refused += reported.refused;
    }
    return CheckRefused(systems[i], run);
  });
  for (size_t i = 0; i < systems.size(); ++i) series[i].WriteTo(size, results.systems[i]);
  return status;
}

RunResult RunOnTwoThreads(Subject& subject, RunOptions options) {
  Together together(2);
  options.together = &together;
  RunOptions other_options = options;
  other_options.stream += 1'000'000;
  RunResult other;
  std::thread thread([&] { other = subject.Run(other_options); });
  const RunResult run = subject.Run(options);
  thread.join();
  return {Overlapping(run.batches, other.batches), run.refused + other.refused};
}

// What two threads gave of one system so far.
struct ThreadSeries {
  std::vector<double> pick_ns;
  std::vector<double> speed_up;

  void AddRuns(const RunResult& one, const RunResult& two) {
    constexpr size_t kEnoughBatches = 32;
    if (two.batches.size() < kEnoughBatches) return;  // says nothing
    pick_ns.push_back(MedianOf(two.batches, PickOf));
    speed_up.push_back(2 * MedianOf(one.batches, WholeOf) / MedianOf(two.batches, WholeOf));
  }

  void WriteTo(size_t i, Results& results) const {
    SystemResults& system = results.systems[i];
    if (pick_ns.empty()) {
      results.notes.push_back(
          absl::StrCat(system.title, ": two threads never ran at once, the machine is too busy"));
      return;
    }
    system.two_threads_ns = MakeFigure(pick_ns);
    system.speed_up = MakeFigure(speed_up);
  }
};

// Out and back until `at_least` has passed: nanoseconds per change.
double TimeChanges(std::chrono::nanoseconds at_least, absl::FunctionRef<void(bool is_in)> change) {
  const Clock::time_point start = Clock::now();
  double changes = 0;
  do {
    change(false);
    change(true);
    changes += 2;
  } while (Clock::now() - start < at_least);
  return NanosecondsSince(start) / changes;
}

}  // namespace

absl::Status MeasurePicks(const std::vector<System>& systems, int rounds, size_t max_size,
                          Results& results) {
  for (const size_t size : kSizes) {
    if (size > max_size) break;
    if (absl::Status status = MeasurePicksAt(size, systems, rounds, results); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status MeasureTwoThreads(const std::vector<System>& systems, int rounds, Results& results) {
  const auto subjects = MakeSubjects(systems, kUsualSize);
  if (!subjects.ok()) return subjects.status();
  std::vector<ThreadSeries> series(systems.size());
  absl::Status status = ForRounds(rounds, systems.size(), [&](size_t i, uint64_t round) {
    const RunOptions options = OptionsFor(kUsualSize, round);
    const RunResult one = (*subjects)[i].subject->Run(options);
    const RunResult two = RunOnTwoThreads(*(*subjects)[i].subject, options);
    series[i].AddRuns(one, two);
    return CheckRefused(systems[i], two);
  });
  for (size_t i = 0; i < systems.size(); ++i) series[i].WriteTo(i, results);
  return status;
}

absl::Status MeasureChanges(const std::vector<System>& systems, int rounds, Results& results) {
  // Thousands of flags, or one table.
  constexpr auto kLong = std::chrono::milliseconds(1);
  const auto subjects = MakeSubjects(systems, kChangeSize);
  if (!subjects.ok()) return subjects.status();
  std::vector<std::vector<double>> health_ns(systems.size());
  std::vector<std::vector<double>> membership_ms(systems.size());
  std::vector<double> allocations(systems.size());
  std::vector<double> changes(systems.size());
  absl::Status status = ForRounds(rounds, systems.size(), [&](size_t i, uint64_t round) {
    if (!systems[i].changes) return absl::OkStatus();
    Subject& subject = *(*subjects)[i].subject;
    const uint64_t before = Allocations::Now().count;
    const double ns = TimeChanges(kLong, [&](bool is_in) {
      subject.SetHealthy(round, is_in);
      ++changes[i];
    });
    allocations[i] += static_cast<double>(Allocations::Now().count - before);
    health_ns[i].push_back(ns);
    membership_ms[i].push_back(
        TimeChanges(kLong, [&](bool is_in) { subject.SetLastKnown(is_in); }) / 1e6);
    return absl::OkStatus();
  });
  for (size_t i = 0; i < systems.size(); ++i) {
    if (!systems[i].changes) continue;
    results.systems[i].health_change = {MakeFigure(health_ns[i]), allocations[i] / changes[i]};
    results.systems[i].membership_ms = MakeFigure(membership_ms[i]);
    results.systems[i].heap_bytes = static_cast<double>((*subjects)[i].heap_bytes);
  }
  return status;
}

}  // namespace nines::bench

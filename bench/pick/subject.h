// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

namespace nines::bench {

/// How the leases of a run end.
enum class LeaseEnd {
  kDrop,    // without a word
  kReport,  // with the outcome of the call
};

/// Where threads wait for each other. Thread-safe.
class Together {
 public:
  explicit Together(uint64_t threads) : threads_(threads) {}

  /// Returns when all threads have called it as often as this one. Spins, so that they go on at the
  /// same moment.
  void Meet() {
    const uint64_t arrival = arrivals_.fetch_add(1);
    const uint64_t all = (arrival / threads_ + 1) * threads_;
    // Whoever spins may be what keeps the other off the processor.
    constexpr int kSpinsPerYield = 10'000;
    for (int spins = 1; arrivals_.load() < all; ++spins) {
      if (spins % kSpinsPerYield == 0) std::this_thread::yield();
    }
  }

 private:
  const uint64_t threads_;
  std::atomic<uint64_t> arrivals_{0};
};

struct RunOptions {
  uint64_t stream = 0;         // of keys; each run its own
  size_t warm_up_batches = 0;  // untimed, so that the system's own data is in the caches
  size_t timed_batches = 1;
  LeaseEnd end = LeaseEnd::kDrop;
  Together* together = nullptr;  // each timed batch begins when other threads' do; null: alone
};

/// One timed batch.
struct BatchTime {
  std::chrono::steady_clock::time_point start;
  double pick_ns = 0;  // per pick
  double end_ns = 0;   // per end of a lease
};

struct RunResult {
  std::vector<BatchTime> batches;
  uint64_t refused = 0;  // picks that gave no endpoint: there must be none
};

/// Those batches of two threads that met before each, in which both were running most of the time:
/// a busy machine may have let them run after each other.
std::vector<BatchTime> Overlapping(const std::vector<BatchTime>& a,
                                   const std::vector<BatchTime>& b);

/// A balancing system at one size that is measured. One virtual call per run, none per pick.
class Subject {
 public:
  /// Leases that are open at once: as many picks are timed together, and then their ends. Enough
  /// that reading the clock costs no tenth of a nanosecond per pick.
  static constexpr size_t kBatch = 256;

  virtual ~Subject() = default;

  /// Picks on the calling thread. Thread-safe.
  virtual RunResult Run(const RunOptions& options) = 0;

  /// Takes an endpoint out of use because it is not well, and back. One thread at a time.
  virtual void SetHealthy(size_t endpoint, bool is_healthy) = 0;

  /// Removes the last endpoint, and adds it again. One thread at a time.
  virtual void SetLastKnown(bool is_known) = 0;
};

}  // namespace nines::bench

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "baselines/buffered_two_choices.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "baselines/thread_random.h"

namespace nines::bench {
namespace {

constexpr double kDecayNs = 10e9;  // 10 s, the usual choice

double Decay(int64_t elapsed_ns) {
  return std::exp(-static_cast<double>(std::max<int64_t>(elapsed_ns, 0)) / kDecayNs);
}

}  // namespace

HostLease BufferedTwoChoices::Pick(int64_t now_ns) {
  const auto list = list_.Read();
  if (list->empty()) return {};
  HostLease lease = TakeLessLoaded(*list, now_ns);
  if (lease) loads_[lease.index()].in_flight.fetch_add(1, std::memory_order_relaxed);
  return lease;
}

HostLease BufferedTwoChoices::TakeLessLoaded(const BufferedList::Indexes& list, int64_t now_ns) {
  const size_t size = list.size();
  const uint64_t bits = ThreadRandom();
  size_t best = Below(size, bits);
  size_t other = size == 1 ? best : best + 1 + Below(size - 1, bits << 32);
  if (other >= size) other -= size;
  if (LoadOf(list[other], now_ns) < LoadOf(list[best], now_ns)) std::swap(best, other);
  HostLease lease = hosts_.Take(list[best]);
  for (size_t i = 0; i < size && !lease; ++i) lease = hosts_.Take(list[(other + i) % size]);
  return lease;
}

void BufferedTwoChoices::End(const HostLease& lease) {
  loads_[lease.index()].in_flight.fetch_sub(1, std::memory_order_relaxed);
}

void BufferedTwoChoices::Report(const HostLease& lease, int64_t latency_ns, int64_t now_ns) {
  End(lease);
  Load& load = loads_[lease.index()];
  const std::lock_guard<std::mutex> lock(load.mutex);
  const double kept = Decay(now_ns - load.at_ns.load(std::memory_order_relaxed));
  const double average = load.average_ns.load(std::memory_order_relaxed) * kept +
                         static_cast<double>(latency_ns) * (1 - kept);
  load.average_ns.store(static_cast<float>(average), std::memory_order_relaxed);
  load.at_ns.store(now_ns, std::memory_order_relaxed);
}

double BufferedTwoChoices::LoadOf(uint32_t host, int64_t now_ns) const {
  const Load& load = loads_[host];
  const double average = load.average_ns.load(std::memory_order_relaxed) *
                         Decay(now_ns - load.at_ns.load(std::memory_order_relaxed));
  return average * (load.in_flight.load(std::memory_order_relaxed) + 1);
}

}  // namespace nines::bench

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "baselines/buffered_random.h"

#include <numeric>

#include "baselines/thread_random.h"

namespace nines::bench {
namespace {

// Without a common factor with `size`, its multiples visit every host.
size_t CoprimeStride(size_t size) {
  size_t stride = Below(size, ThreadRandom()) + 1;
  while (std::gcd(stride, size) != 1) ++stride;
  return stride;
}

}  // namespace

HostLease BufferedRandom::Pick() {
  const auto list = list_.Read();
  if (list->empty()) return {};
  size_t at = Below(list->size(), ThreadRandom());
  HostLease lease = hosts_.Take((*list)[at]);
  if (lease) return lease;
  const size_t stride = CoprimeStride(list->size());
  for (size_t looked_at = 1; looked_at < list->size() && !lease; ++looked_at) {
    at = (at + stride) % list->size();
    lease = hosts_.Take((*list)[at]);
  }
  return lease;
}

}  // namespace nines::bench

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "other_tables.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "identity.h"
#include "mix.h"

namespace nines {
namespace {

constexpr uint32_t kNobody = UINT32_MAX;

struct Asker {
  uint64_t start;
  uint32_t index;
  double weight;  // of the mean
  uint32_t limit;
  uint32_t tries = 0;
  uint32_t owned = 0;

  // When it tries next.
  double time() const { return tries / weight; }

  bool is_at_limit() const { return owned >= limit; }
};

class Asking {
 public:
  Asking(const EndpointList& endpoints, uint32_t size, double slack)
      : slots_(size, kNobody), free_(size) {
    double sum = 0;
    for (const Endpoint& endpoint : endpoints) sum += endpoint.weight;
    const double mean = sum / static_cast<double>(endpoints.size());
    for (const auto& [index, hash] : InCanonicalOrder(endpoints)) {
      const double share = size * (endpoints[index].weight / sum);
      const double fraction = HighBits(Mix(hash.high, 0)) / 4294967296.0;
      const double limit = std::min<double>(share * (1 + slack) + fraction, size);
      askers_.push_back({hash.low, index, endpoints[index].weight / mean,
                         std::max(static_cast<uint32_t>(limit), 1u)});
    }
  }

  // Each, in rounds, asks until it has its part of what is handed out.
  void Level(double until_free) {
    for (double round = 1; free_ > until_free * static_cast<double>(slots_.size()); ++round) {
      for (Asker& asker : askers_) {
        while (asker.owned < round * asker.weight && free_ > 0) Try(asker);
      }
    }
  }

  // Each tries when its time comes, until nothing is free.
  std::vector<uint32_t> FirstComeFirstServed() && {
    double now = std::numeric_limits<double>::max();
    for (const Asker& asker : askers_) now = std::min(now, asker.time());
    std::vector<Asker*> asking = BelowLimit();
    for (; free_ > 0; ++now) {
      for (Asker* asker : asking) {
        while (asker->time() <= now && !asker->is_at_limit()) Try(*asker);
      }
      const auto left = std::remove_if(asking.begin(), asking.end(),
                                       [](const Asker* asker) { return asker->is_at_limit(); });
      asking.erase(left, asking.end());
      if (!asking.empty()) continue;
      for (Asker& asker : askers_) ++asker.limit;
      asking = BelowLimit();
    }
    return std::move(slots_);
  }

 private:
  void Try(Asker& asker) {
    const auto size = static_cast<uint32_t>(slots_.size());
    uint32_t& owner = slots_[Scale(HighBits(Mix(asker.start, asker.tries++)), size)];
    if (owner != kNobody) return;
    owner = asker.index;
    ++asker.owned;
    --free_;
  }

  std::vector<Asker*> BelowLimit() {
    std::vector<Asker*> below;
    for (Asker& asker : askers_) {
      if (!asker.is_at_limit()) below.push_back(&asker);
    }
    return below;
  }

  std::vector<Asker> askers_;
  std::vector<uint32_t> slots_;
  uint32_t free_;
};

struct Point {
  uint64_t place;
  uint32_t index;
};

bool IsBefore(const Point& a, const Point& b) {
  return std::tie(a.place, a.index) < std::tie(b.place, b.index);
}

const Point& FirstFrom(const std::vector<Point>& ring, uint64_t place) {
  const auto found = std::lower_bound(ring.begin(), ring.end(), Point{place, 0}, IsBefore);
  return found == ring.end() ? ring.front() : *found;
}

}  // namespace

std::vector<uint32_t> BuildByAsking(const EndpointList& endpoints, uint32_t size,
                                    const AskingRules& rules) {
  Asking asking(endpoints, size, rules.slack);
  if (rules.level_until_free < 1) asking.Level(rules.level_until_free);
  return std::move(asking).FirstComeFirstServed();
}

std::vector<uint32_t> BuildMultiProbe(const EndpointList& endpoints, uint32_t size, uint32_t points,
                                      uint32_t probes) {
  std::vector<Point> ring;
  for (const auto& [index, hash] : InCanonicalOrder(endpoints)) {
    for (uint32_t i = 0; i < points * endpoints[index].weight; ++i) {
      ring.push_back({Mix(hash.low, i), index});
    }
  }
  std::sort(ring.begin(), ring.end(), IsBefore);

  std::vector<uint32_t> slots(size);
  for (uint32_t slot = 0; slot < size; ++slot) {
    uint64_t nearest = UINT64_MAX;
    for (uint32_t probe = 0; probe < probes; ++probe) {
      const uint64_t place = Mix(Mix(slot, 0), probe);
      const Point& point = FirstFrom(ring, place);
      if (point.place - place > nearest) continue;
      nearest = point.place - place;
      slots[slot] = point.index;
    }
  }
  return slots;
}

}  // namespace nines

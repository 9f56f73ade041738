// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "baselines/buffered_ring.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "addresses.h"
#include "baselines/hash.h"

namespace nines::bench {

BufferedRing::BufferedRing(size_t hosts) : hosts_(hosts) {
  points_.Modify([&](Points& background, const Points& foreground) {
    background = foreground;
    if (!background.empty()) return;
    background.reserve(hosts * kPointsPerHost);
    for (size_t host = 0; host < hosts; ++host) AppendPoints(host, background);
    std::sort(background.begin(), background.end(), Precedes);
  });
}

HostLease BufferedRing::Pick(const Key& key) const {
  const auto hash = static_cast<uint32_t>(Xxh3(key.view()));
  const auto points = points_.Read();
  auto point = std::lower_bound(points->begin(), points->end(), hash,
                                [](const Point& a, uint32_t value) { return a.hash < value; });
  for (size_t looked_at = 0; looked_at < points->size(); ++looked_at) {
    if (point == points->end()) point = points->begin();
    HostLease lease = hosts_.Take(static_cast<uint32_t>(point->host));
    if (lease) return lease;
    ++point;
  }
  return {};
}

void BufferedRing::SetKnown(size_t host, bool is_known) {
  if (!is_known) {
    points_.Modify([&](Points& background, const Points& foreground) {
      background.clear();
      std::copy_if(foreground.begin(), foreground.end(), std::back_inserter(background),
                   [&](const Point& point) { return point.host != host; });
    });
    return;
  }
  Points added;
  AppendPoints(host, added);
  std::sort(added.begin(), added.end(), Precedes);
  points_.Modify([&](Points& background, const Points& foreground) {
    background.clear();
    background.reserve(foreground.size() + added.size());
    // A union, so that the second time, when the foreground has them, they are not there twice.
    std::set_union(foreground.begin(), foreground.end(), added.begin(), added.end(),
                   std::back_inserter(background), Precedes);
  });
}

void BufferedRing::AppendPoints(size_t host, Points& points) {
  std::string name;
  const std::string address = AddressOf(host);
  for (size_t i = 0; i < kPointsPerHost; ++i) {
    name.assign(address);
    absl::StrAppend(&name, "-", i);
    points.push_back({static_cast<uint32_t>(Xxh3(name)), host, {}, Xxh3(address)});
  }
}

}  // namespace nines::bench

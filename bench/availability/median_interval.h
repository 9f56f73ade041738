// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

namespace nines::bench {

/// A median, and where the true one lies with 95 % confidence.
struct MedianInterval {
  double median = 0;
  double low = 0;
  double high = 0;
};

/// Of independent samples from any distribution: the true median lies between the samples of rank
/// n/2 ∓ 0.98 √n, because how many samples fall below it is binomial (B(n, 1/2), whose standard
/// deviation is √n / 2). Nothing of it assumes that noise is normal, which a machine's is not.
/// All zero without samples.
MedianInterval EstimateMedian(std::vector<double> samples);

}  // namespace nines::bench

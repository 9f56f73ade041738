// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "endpoints/load_reports.h"

#include <gtest/gtest.h>

namespace nines {
namespace {

TEST(LoadReportsTest, MeanIsOfWhatCameSince) {
  LoadReports reports;
  reports.Add(0.2);
  const uint64_t mark = reports.mark();
  EXPECT_FALSE(reports.MeanSince(mark).has_value());

  reports.Add(0.5);
  reports.Add(1.5);

  EXPECT_NEAR(*reports.MeanSince(mark), 1, 1e-3);
  EXPECT_NEAR(*reports.MeanSince(0), 2.2 / 3, 1e-3);
}

TEST(LoadReportsTest, AsManyAndAsLargeAsTheyMayBe) {
  LoadReports reports;
  for (uint64_t i = 0; i < LoadReports::kMaxReports; ++i) reports.Add(LoadReports::kMaxLoad);

  EXPECT_NEAR(*reports.MeanSince(0), LoadReports::kMaxLoad, 1);
}

TEST(LoadReportsTest, SumsThatWrapAreNotNoticed) {
  LoadReports reports;
  for (uint64_t i = 0; i < LoadReports::kMaxReports; ++i) reports.Add(LoadReports::kMaxLoad);
  for (uint64_t i = 0; i < LoadReports::kMaxReports; ++i) reports.Add(LoadReports::kMaxLoad);
  const uint64_t mark = reports.mark();

  reports.Add(0.75);
  reports.Add(0.25);
  reports.Add(0.5);

  EXPECT_NEAR(*reports.MeanSince(mark), 0.5, 1e-3);
}

TEST(LoadReportsTest, NonsenseIsBounded) {
  LoadReports reports;
  reports.Add(-5);
  EXPECT_EQ(*reports.MeanSince(0), 0);

  const uint64_t mark = reports.mark();
  reports.Add(1e300);
  EXPECT_EQ(*reports.MeanSince(mark), LoadReports::kMaxLoad);
}

}  // namespace
}  // namespace nines

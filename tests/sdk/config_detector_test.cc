// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "nines/config.h"
#include "sdk/parse_config.h"

namespace nines {
namespace {

std::string Wrap(absl::string_view detectors) {
  return absl::StrCat("{\"outlierDetection\": {", detectors, "}}");
}

OutlierDetectionConfig ParseDetectors(absl::string_view detectors) {
  return Parse(Wrap(detectors)).outlier_detection;
}

TEST(DetectorConfigTest, SuccessRateIsRead) {
  const auto config = ParseDetectors(R"("successRateEjection": {
      "stdevFactor": 0, "enforcementPercentage": 1, "minimumHosts": 2, "requestVolume": 3})");

  EXPECT_EQ(config.success_rate.stdev_factor, 0u);
  EXPECT_EQ(config.success_rate.enforcement_percentage, 1u);
  EXPECT_EQ(config.success_rate.minimum_hosts, 2u);
  EXPECT_EQ(config.success_rate.request_volume, 3u);
}

TEST(DetectorConfigTest, FailurePercentageIsRead) {
  const auto config = ParseDetectors(R"("failurePercentageEjection": {
      "threshold": 0, "enforcementPercentage": 1, "minimumHosts": 2, "requestVolume": 3})");

  EXPECT_EQ(config.failure_percentage.threshold, 0u);
  EXPECT_EQ(config.failure_percentage.enforcement_percentage, 1u);
  EXPECT_EQ(config.failure_percentage.minimum_hosts, 2u);
  EXPECT_EQ(config.failure_percentage.request_volume, 3u);
}

TEST(DetectorConfigTest, SequentialIsRead) {
  EXPECT_EQ(ParseDetectors(R"("sequentialEjection": {"enforcementPercentage": 7})")
                .sequential.enforcement_percentage,
            7u);
}

TEST(DetectorConfigTest, StallIsRead) {
  const auto config = ParseDetectors(R"("stallEjection": {"factor": 0, "minimumTime": "1.5s"})");

  EXPECT_EQ(config.stall.factor, 0u);
  EXPECT_EQ(config.stall.minimum_time, absl::Milliseconds(1500));
}

TEST(DetectorConfigTest, LatencyIsRead) {
  const auto config = ParseDetectors(R"("latencyEjection": {
      "factor": 0, "enforcementPercentage": 1, "minimumHosts": 2, "requestVolume": 4})");

  EXPECT_EQ(config.latency.factor, 0u);
  EXPECT_EQ(config.latency.enforcement_percentage, 1u);
  EXPECT_EQ(config.latency.minimum_hosts, 2u);
  EXPECT_EQ(config.latency.request_volume, 4u);
}

TEST(DetectorConfigTest, RangesOfLatencyAreNamed) {
  EXPECT_EQ(Problems(Wrap(R"("latencyEjection": {"factor": 1001, "minimumHosts": 0})")),
            "nines.outlierDetection.latencyEjection.factor: 1001 is out of range; allowed: an "
            "integer in [0, 1000]\n"
            "nines.outlierDetection.latencyEjection.minimumHosts: 0 is out of range; allowed: an "
            "integer in [1, 100000]");
}

TEST(DetectorConfigTest, RangesAreNamed) {
  EXPECT_EQ(Problems(Wrap(R"("successRateEjection": {"stdevFactor": 100001, "minimumHosts": 0},
                        "failurePercentageEjection": {"threshold": 101, "requestVolume": 0},
                        "sequentialEjection": {"enforcementPercentage": -1},
                        "stallEjection": {"factor": 1001, "minimumTime": "0s"})")),
            "nines.outlierDetection.successRateEjection.stdevFactor: 100001 is out of range; "
            "allowed: an integer in [0, 100000]\n"
            "nines.outlierDetection.successRateEjection.minimumHosts: 0 is out of range; "
            "allowed: an integer in [1, 100000]\n"
            "nines.outlierDetection.failurePercentageEjection.threshold: 101 is out of range; "
            "allowed: an integer in [0, 100]\n"
            "nines.outlierDetection.failurePercentageEjection.requestVolume: 0 is out of range; "
            "allowed: an integer in [1, 1000000]\n"
            "nines.outlierDetection.sequentialEjection.enforcementPercentage: -1 is out of range; "
            "allowed: an integer in [0, 100]\n"
            "nines.outlierDetection.stallEjection.factor: 1001 is out of range; "
            "allowed: an integer in [0, 1000]\n"
            "nines.outlierDetection.stallEjection.minimumTime: \"0s\" is out of range; allowed: a "
            "duration in [\"0.01s\", \"86400s\"], in seconds with at most 9 decimals");
}

TEST(DetectorConfigTest, UnknownFieldsAreNamed) {
  EXPECT_EQ(Problems(Wrap(R"("stallEjection": {"minimumHosts": 3})")),
            "nines.outlierDetection.stallEjection.minimumHosts: unknown field; allowed: factor, "
            "minimumTime");
  EXPECT_EQ(Problems(Wrap(R"("sequentialEjection": true)")),
            "nines.outlierDetection.sequentialEjection: true is not an object; allowed: an object");
}

}  // namespace
}  // namespace nines

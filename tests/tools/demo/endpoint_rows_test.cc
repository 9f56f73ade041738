// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "endpoint_rows.h"

#include "gtest/gtest.h"

namespace nines::demo {
namespace {

EndpointStatus MakeStatus(const std::string& address, uint64_t calls) {
  EndpointStatus status;
  status.endpoint.address = address;
  status.state = HealthState::kHealthy;
  status.calls = calls;
  return status;
}

TEST(EndpointRowsTest, MergesBothChannels) {
  EndpointStatus by_hash = MakeStatus("127.0.0.2:80", 1);
  by_hash.in_flight = 2;
  by_hash.failures = 3;
  EndpointStatus at_random = MakeStatus("127.0.0.2:80", 1);
  at_random.state = HealthState::kEjected;
  at_random.in_flight = 4;
  at_random.failures = 5;
  at_random.reason = "too many\nfailures";

  const std::vector<EndpointRow> rows =
      EndpointRows().Update(absl::UnixEpoch(), {by_hash}, {at_random});

  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].host, "127.0.0.2");
  EXPECT_EQ(rows[0].by_hash, HealthState::kHealthy);
  EXPECT_EQ(rows[0].at_random, HealthState::kEjected);
  EXPECT_EQ(rows[0].in_flight, 6u);
  EXPECT_EQ(rows[0].failures, 8u);
  EXPECT_EQ(rows[0].reason, "too many failures");
}

TEST(EndpointRowsTest, RateIsThatOfTheLastSecond) {
  EndpointRows rows;
  const absl::Time start = absl::UnixEpoch();
  rows.Update(start, {MakeStatus("a:1", 0)}, {});
  rows.Update(start + absl::Seconds(1), {MakeStatus("a:1", 1000)}, {});
  rows.Update(start + absl::Milliseconds(1500), {MakeStatus("a:1", 1050)}, {});

  const std::vector<EndpointRow> now =
      rows.Update(start + absl::Seconds(2), {MakeStatus("a:1", 1100)}, {});

  EXPECT_DOUBLE_EQ(now[0].calls_per_second, 100);
}

TEST(EndpointRowsTest, ANewEndpointHasARateAtOnce) {
  EndpointRows rows;
  rows.Update(absl::UnixEpoch(), {MakeStatus("a:1", 5)}, {});

  const std::vector<EndpointRow> now =
      rows.Update(absl::UnixEpoch() + absl::Seconds(1),
                  {MakeStatus("a:1", 5), MakeStatus("b:1", 10)}, {MakeStatus("b:1", 20)});

  ASSERT_EQ(now.size(), 2u);
  EXPECT_DOUBLE_EQ(now[0].calls_per_second, 0);
  EXPECT_DOUBLE_EQ(now[1].calls_per_second, 30);
}

TEST(EndpointRowsTest, AnEndpointThatCountsAnewHasNoNegativeRate) {
  EndpointRows rows;
  rows.Update(absl::UnixEpoch(), {MakeStatus("a:1", 500)}, {});

  const std::vector<EndpointRow> now =
      rows.Update(absl::UnixEpoch() + absl::Seconds(1), {MakeStatus("a:1", 2)}, {});

  EXPECT_DOUBLE_EQ(now[0].calls_per_second, 0);
}

}  // namespace
}  // namespace nines::demo

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "dashboard.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace nines::demo {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::SizeIs;

Snapshot MakeSnapshot() {
  Snapshot snapshot;
  snapshot.target = "dns://127.0.0.1:5353/greeter.nines.test:4012";
  snapshot.elapsed = absl::Seconds(11);
  snapshot.total = absl::Seconds(44);
  snapshot.happening = "127.0.0.3 hangs (SIGSTOP)";
  snapshot.is_faulty = true;
  snapshot.endpoints = {
      {"127.0.0.2", HealthState::kHealthy, HealthState::kHealthy, 80.4, 1, 0, ""},
      {"127.0.0.3", HealthState::kEjected, HealthState::kDegraded, 0, 3, 1234, "5 failures"}};
  snapshot.by_hash.Add(::grpc::Status::OK, absl::Milliseconds(1));
  snapshot.stock.Add(::grpc::Status(::grpc::UNAVAILABLE, ""), absl::Milliseconds(2));
  for (int i = 0; i < 50; ++i) snapshot.events.push_back("event " + std::to_string(i));
  return snapshot;
}

std::vector<std::string> RenderText(size_t width, size_t height) {
  std::vector<std::string> lines;
  for (const StyledLine& line : RenderDashboard(MakeSnapshot(), width, height)) {
    lines.push_back(line.Text());
  }
  return lines;
}

TEST(DashboardTest, NamesWhatHappens) {
  EXPECT_THAT(RenderText(80, 24), Contains("now: 127.0.0.3 hangs (SIGSTOP)"));
}

TEST(DashboardTest, ShowsProgressToScale) {
  EXPECT_EQ(RenderText(42, 24)[1], "[##########------------------------------]");
}

TEST(DashboardTest, ShowsAnEndpointAsBothChannelsSeeIt) {
  EXPECT_THAT(RenderText(80, 24),
              Contains(AllOf(HasSubstr("127.0.0.3"), HasSubstr("ejected"), HasSubstr("degraded"),
                             HasSubstr("1,234"), HasSubstr("5 failures"))));
}

TEST(DashboardTest, ShowsEachClientsAvailability) {
  EXPECT_THAT(RenderText(80, 24),
              Contains(AllOf(HasSubstr("nines, by hash"), HasSubstr("100.000 %"))));
  EXPECT_THAT(RenderText(80, 24), Contains(AllOf(HasSubstr("stock"), HasSubstr("0.000 %"))));
}

TEST(DashboardTest, FillsTheRestWithTheLatestEvents) {
  const std::vector<std::string> lines = RenderText(80, 24);

  EXPECT_THAT(lines, SizeIs(24));
  EXPECT_EQ(lines.back(), "event 49");
}

TEST(DashboardTest, NeverExceedsTheTerminal) {
  EXPECT_THAT(RenderText(80, 5), SizeIs(5));
  EXPECT_THAT(RenderText(3, 1), SizeIs(1));
}

}  // namespace
}  // namespace nines::demo

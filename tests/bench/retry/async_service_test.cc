// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "async_service.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service.h"

namespace nines::bench {
namespace {

using ::testing::Each;
using ::testing::Ge;
using ::testing::SizeIs;

TEST(RunPacedTest, TimesEachCallOnce) {
  const auto client = MakeClient(3, "{}");
  ASSERT_TRUE(client.ok()) << client.status();
  AsyncService service([] {
    return AsyncService::Answer{absl::Milliseconds(2), absl::OkStatus()};
  });
  int beside = 0;

  const std::vector<double> took =
      RunPaced(**client, service, 20, absl::Microseconds(100), [&] { ++beside; });

  EXPECT_THAT(took, SizeIs(20));
  EXPECT_THAT(took, Each(Ge(2)));
  EXPECT_EQ(beside, 20);
  EXPECT_EQ(service.attempts(), 20);
}

}  // namespace
}  // namespace nines::bench

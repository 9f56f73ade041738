// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// What a person says of an endpoint, through the client.

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nines/client.h"

namespace nines {
namespace {

using ::testing::ElementsAre;

TEST(ClientOverrideTest, ADrainedEndpointGetsNoAttempt) {
  const auto client = Client::Create("static:///127.0.0.1:1,127.0.0.1:2");
  ASSERT_TRUE(client.ok()) << client.status();
  const Override drain{.mode = Override::Mode::kDrain, .note = "rollout"};

  ASSERT_TRUE((*client)->SetOverride("127.0.0.1:1", drain).ok());

  std::set<std::string> tried;
  for (int i = 0; i < 50; ++i) {
    const absl::Status status = (*client)->Run({}, [&](const Attempt& attempt) {
      tried.insert(attempt.endpoint.address);
      return absl::OkStatus();
    });
    ASSERT_TRUE(status.ok()) << status;
  }
  EXPECT_THAT(tried, ElementsAre("127.0.0.1:2"));
  EXPECT_EQ((*client)->Endpoints()[0].by_hand, drain);
}

TEST(ClientOverrideTest, SaysWhatIsWrong) {
  const auto client = Client::Create("static:///127.0.0.1:1");
  ASSERT_TRUE(client.ok()) << client.status();

  EXPECT_EQ((*client)->SetOverride("127.0.0.1:1", {.weight = 0}).code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace nines

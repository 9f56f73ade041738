// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "service_config_guard.h"

#include <gtest/gtest.h>

namespace nines {
namespace {

const absl::Status kNone = absl::NotFoundError("none");
const absl::Status kWrong = absl::InvalidArgumentError("wrong");

TEST(ServiceConfigGuardTest, TheLastOneCounts) {
  ServiceConfigGuard guard(3);
  EXPECT_EQ(guard.in_force(), "");

  EXPECT_EQ(guard.OnAnswer("{}"), absl::OkStatus());
  EXPECT_EQ(guard.in_force(), "{}");
  EXPECT_EQ(guard.OnAnswer("{ }"), absl::OkStatus());
  EXPECT_EQ(guard.in_force(), "{ }");
}

TEST(ServiceConfigGuardTest, AWrongOneLeavesTheOneBeforeAndIsToldOnce) {
  ServiceConfigGuard guard(3);
  static_cast<void>(guard.OnAnswer("{}"));

  EXPECT_EQ(guard.OnAnswer(kWrong), kWrong);
  EXPECT_EQ(guard.OnAnswer(kWrong), absl::OkStatus());
  EXPECT_EQ(guard.OnAnswer(absl::InvalidArgumentError("other")).message(), "other");
  EXPECT_EQ(guard.in_force(), "{}");
}

TEST(ServiceConfigGuardTest, AWrongOneIsToldAnewAfterAGoodOne) {
  ServiceConfigGuard guard(3);
  static_cast<void>(guard.OnAnswer(kWrong));
  static_cast<void>(guard.OnAnswer("{}"));

  EXPECT_EQ(guard.OnAnswer(kWrong), kWrong);
}

TEST(ServiceConfigGuardTest, ThatThereIsNoneTakesConfirmations) {
  ServiceConfigGuard guard(2);
  static_cast<void>(guard.OnAnswer("{}"));

  EXPECT_EQ(guard.OnAnswer(kNone), absl::OkStatus());
  static_cast<void>(guard.OnAnswer(kNone));
  EXPECT_EQ(guard.in_force(), "{}");
  static_cast<void>(guard.OnAnswer(kNone));
  EXPECT_EQ(guard.in_force(), "");
}

TEST(ServiceConfigGuardTest, WhichCountAnewAfterOne) {
  ServiceConfigGuard guard(1);
  static_cast<void>(guard.OnAnswer("{}"));
  static_cast<void>(guard.OnAnswer(kNone));
  static_cast<void>(guard.OnAnswer("{}"));
  static_cast<void>(guard.OnAnswer(kNone));

  EXPECT_EQ(guard.in_force(), "{}");
}

}  // namespace
}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ninesctl_process.h"

namespace nines::ctl {
namespace {

TEST(ProbeWithoutGrpcTest, RefusesTheGrpcProbeByName) {
  const Ran ran = RunNinesctl({"probe", "static:///127.0.0.1:1", "--grpc", ""});

  EXPECT_EQ(ran.exit_status, 2);
  EXPECT_THAT(ran.err, ::testing::HasSubstr(
                           "healthCheck.grpc: this ninesctl was built without gRPC; allowed: tcp"));
}

}  // namespace
}  // namespace nines::ctl

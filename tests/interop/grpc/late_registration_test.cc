// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <dlfcn.h>

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <grpcpp/grpcpp.h>

#include "absl/status/status.h"

namespace nines {
namespace {

using ::testing::HasSubstr;

// gRPC aborts the process at a late registration; nines must not even try.
TEST(LateRegistrationTest, IsAStatusWhenGrpcIsAlreadyRunning) {
  const auto channel = grpc::CreateChannel("ipv4:127.0.0.1:1", grpc::InsecureChannelCredentials());
  ASSERT_EQ(channel->GetState(/*try_to_connect=*/false), GRPC_CHANNEL_IDLE);

  void* plugin = dlopen(NINES_LATE_PLUGIN, RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(plugin, nullptr) << dlerror();
  using Register = int (*)(char*, size_t);
  const auto register_late = reinterpret_cast<Register>(dlsym(plugin, "NinesLateRegistration"));
  ASSERT_NE(register_late, nullptr);
  char message[256];
  const int code = register_late(message, sizeof(message));

  EXPECT_EQ(code, static_cast<int>(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(message), HasSubstr("gRPC was initialised before nines was loaded"));
}

}  // namespace
}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Loaded by late_registration_test after gRPC has begun.

#include <cstring>

#include "nines/grpc.h"

// Writes why registration failed, or "" if it did not, to `message`.
extern "C" int NinesLateRegistration(char* message, size_t size) {
  const absl::Status status = nines::RegisterGrpcPlugins();
  std::strncpy(message, std::string(status.message()).c_str(), size - 1);
  message[size - 1] = '\0';
  return static_cast<int>(status.code());
}

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "echo.grpc.pb.h"
#include "grpcpp/grpcpp.h"

namespace nines::testbed {

/// One unary call to a testbed backend.
struct EchoCall {
  std::string message = "";
  bool want_metadata = false;
  absl::Duration deadline = absl::Seconds(5);
  /// Last touch before the call starts: metadata, wait_for_ready. May be empty.
  std::function<void(::grpc::ClientContext& context)> prepare = nullptr;
};

/// Makes the call and waits for its end. A gRPC status becomes the Abseil one with the same code.
absl::StatusOr<EchoReply> MakeCall(const std::shared_ptr<::grpc::Channel>& channel,
                                   const EchoCall& call = {});

/// Makes calls until each of `backends` backends has answered one, so that what follows does not
/// measure how connections are made. DeadlineExceeded, with what was seen, after ten seconds.
absl::Status WarmUp(const std::shared_ptr<::grpc::Channel>& channel, size_t backends);

}  // namespace nines::testbed

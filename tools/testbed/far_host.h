// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "testbed/process.h"

namespace nines::testbed {

/// Another host, as far as the network goes: a network namespace at the other end of a virtual
/// cable. It can be cut off so that packets vanish in both directions and nobody is told: no reset,
/// no ICMP, no loss of carrier, which is what a failed switch or a firewall rule looks like.
///
/// Thread-compatible. The namespace, the cable and all programs in it end with the object, and with
/// the thread that started it (see ChildProcess); nothing has a name or a file.
///
///   EnterOwnNetwork(); … auto host = FarHost::Start();
///   auto backend = Backend::Start({.address = absl::StrCat((*host)->address(), ":50051"),
///                                  .launcher = (*host)->launcher()});
class FarHost {
 public:
  /// FailedPrecondition where the kernel, the rights or iproute2 are missing.
  /// REQUIRES: EnterOwnNetwork() was called: the cable's near end is in our own network.
  static absl::StatusOr<std::unique_ptr<FarHost>> Start();

  FarHost(const FarHost&) = delete;
  FarHost& operator=(const FarHost&) = delete;

  /// Where programs on it may listen and we reach them.
  std::string address() const;

  /// Before a command line, runs it there.
  std::vector<std::string> launcher() const;

  /// From now on, packets to and from it vanish. FailedPrecondition if it is cut off.
  absl::Status Cut();

  /// Packets arrive again. FailedPrecondition if it is not cut off.
  absl::Status Mend();

 private:
  explicit FarHost(std::unique_ptr<ChildProcess> holder) : holder_(std::move(holder)) {}

  absl::Status LayCable();
  absl::Status RunThere(const std::vector<std::string>& command);

  const std::unique_ptr<ChildProcess> holder_;  // the namespace is its
};

}  // namespace nines::testbed

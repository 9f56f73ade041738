// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <sys/socket.h>

#include <string>

#include "absl/status/statusor.h"

namespace nines {

/// Where to connect, as the system wants it. A value.
struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t size = 0;

  int family() const { return storage.ss_family; }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

/// Takes an Endpoint's address: "192.0.2.1:80", "[::1]:80" or "unix:/path"; no names.
/// InvalidArgument, naming the address and what is wrong with it.
absl::StatusOr<SocketAddress> ParseSocketAddress(const std::string& address);

}  // namespace nines

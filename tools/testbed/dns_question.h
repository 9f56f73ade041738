// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/status.h"
#include "testbed/process.h"

namespace nines::testbed {

/// Asks the DNS server at this port of 127.0.0.1 for the addresses of `name`, until it knows one,
/// it ends (`server`), or far more time than it takes is over.
absl::Status WaitUntilAnswered(int port, const std::string& name, ChildProcess& server);

}  // namespace nines::testbed

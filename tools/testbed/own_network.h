// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/status.h"

namespace nines::testbed {

/// Moves this process, and all that it starts from now on, into a network namespace of its own:
/// nothing but a loopback interface, whose addresses are not those of any other process. It has no
/// name and no file, and is gone with the last process in it, however that ends.
///
/// Not as root, it does so in a user namespace in which this process is root; the files and
/// processes of others stay out of reach.
///
/// PermissionDenied, with nothing changed, where the system allows neither. REQUIRES: the process
/// has one thread.
absl::Status EnterOwnNetwork();

}  // namespace nines::testbed

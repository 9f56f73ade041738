// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

namespace nines {

/// The errno of a connection attempt that has ended; 0 if the socket is connected, to someone else.
///
/// TCP lets a socket connect to itself: when a port of this machine is connected to that nobody
/// listens on, and the kernel happens to choose this very port as the sender's. To a probe that
/// would be a dead endpoint that answers; here it is ECONNREFUSED.
int ConnectError(int fd);

/// Whether an errno of socket() or connect() is the fault of this machine (no descriptor, port or
/// memory left), and so says nothing of the one that was to be connected to.
bool IsLocalShortage(int error);

}  // namespace nines

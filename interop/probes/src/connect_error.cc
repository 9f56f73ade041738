// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "connect_error.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace nines {
int ConnectError(int fd) {
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  if (error != 0) return error;

  sockaddr_storage ours = {};
  sockaddr_storage theirs = {};
  socklen_t ours_size = sizeof(ours);
  socklen_t theirs_size = sizeof(theirs);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&ours), &ours_size) != 0 ||
      getpeername(fd, reinterpret_cast<sockaddr*>(&theirs), &theirs_size) != 0) {
    return errno;
  }
  // Two unix sockets may have the same name: none.
  const bool is_connected_to_itself = ours.ss_family != AF_UNIX && ours_size == theirs_size &&
                                      std::memcmp(&ours, &theirs, ours_size) == 0;
  return is_connected_to_itself ? ECONNREFUSED : 0;
}

bool IsLocalShortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
         error == EADDRNOTAVAIL;
}

}  // namespace nines

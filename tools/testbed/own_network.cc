// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "testbed/own_network.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"

namespace nines::testbed {
namespace {

absl::Status WriteFile(const char* path, const std::string& text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return absl::ErrnoToStatus(errno, absl::StrCat("open ", path));
  const bool is_written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int error = errno;
  close(fd);
  return is_written ? absl::OkStatus() : absl::ErrnoToStatus(error, absl::StrCat("write ", path));
}

/// Makes this process root in its new user namespace: user_namespaces(7), where "deny" is the
/// price of a mapping by somebody without rights.
absl::Status MapToRoot(uid_t user, gid_t group) {
  absl::Status status = WriteFile("/proc/self/setgroups", "deny");
  if (status.ok()) status = WriteFile("/proc/self/uid_map", absl::StrCat("0 ", user, " 1"));
  if (status.ok()) status = WriteFile("/proc/self/gid_map", absl::StrCat("0 ", group, " 1"));
  return status;
}

absl::Status Unshare() {
  if (unshare(CLONE_NEWNET) == 0) return absl::OkStatus();
  const uid_t user = getuid();
  const gid_t group = getgid();
  if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) return MapToRoot(user, group);
  return absl::PermissionDeniedError(
      absl::StrCat("no network namespace may be made here: ", std::strerror(errno)));
}

/// A namespace's loopback interface is down in the beginning; up, it has its addresses.
absl::Status RaiseLoopback() {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return absl::ErrnoToStatus(errno, "socket");
  ifreq request = {};
  std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  const bool is_up = ioctl(fd, SIOCSIFFLAGS, &request) == 0;
  const int error = errno;
  close(fd);
  return is_up ? absl::OkStatus() : absl::ErrnoToStatus(error, "cannot raise the loopback");
}

}  // namespace

absl::Status EnterOwnNetwork() {
  if (absl::Status status = Unshare(); !status.ok()) return status;
  return RaiseLoopback();
}

}  // namespace nines::testbed

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <sys/resource.h>
#include <unistd.h>

namespace nines {

/// While it exists, the process gets no further file descriptor. One at a time.
class NoDescriptors {
 public:
  NoDescriptors() {
    if (getrlimit(RLIMIT_NOFILE, &before_) != 0) return;
    const int next_fd = dup(STDIN_FILENO);
    close(next_fd);
    rlimit lowered = before_;
    lowered.rlim_cur = static_cast<rlim_t>(next_fd);
    is_in_force_ = setrlimit(RLIMIT_NOFILE, &lowered) == 0;
  }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;
  ~NoDescriptors() {
    if (is_in_force_) setrlimit(RLIMIT_NOFILE, &before_);
  }

  bool is_in_force() const { return is_in_force_; }

 private:
  rlimit before_ = {};
  bool is_in_force_ = false;
};

}  // namespace nines

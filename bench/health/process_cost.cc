// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "process_cost.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace nines::bench {

absl::Duration ProcessorTime() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return absl::DurationFromTimeval(usage.ru_utime) + absl::DurationFromTimeval(usage.ru_stime);
}

size_t CountThreads() {
  std::error_code error;
  const std::filesystem::directory_iterator tasks("/proc/self/task", error);
  return static_cast<size_t>(std::distance(tasks, std::filesystem::directory_iterator()));
}

absl::Status AllowDescriptors(size_t count) {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return absl::ErrnoToStatus(errno, "getrlimit");
  if (limit.rlim_cur >= count) return absl::OkStatus();
  if (limit.rlim_max < count) {
    return absl::FailedPreconditionError(
        absl::StrCat("it takes ", count, " descriptors, and this process may have ",
                     static_cast<size_t>(limit.rlim_max), " (ulimit -n)"));
  }
  limit.rlim_cur = count;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? absl::OkStatus()
                                               : absl::ErrnoToStatus(errno, "setrlimit");
}

}  // namespace nines::bench

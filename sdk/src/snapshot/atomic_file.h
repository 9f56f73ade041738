// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <unistd.h>

#include <cstddef>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nines {

// Makes what was written to `fd` last, as fsync(2), or says that by -1 and errno. A parameter
// because no disk fails here when a test asks for it.
using SyncCall = absl::FunctionRef<int(int fd)>;

// Puts `bytes` into the file at the absolute `path`, mode 0600, so that at every moment, a crash of
// the machine included, the file is the old one or the new one: a new file beside it is written,
// synced and renamed over it, and the folder synced (where the file system does that). If it fails,
// the old file is what it was, nothing is left beside it, and the status names path, step and the
// system's reason.
//
// The new file is locked (flock) while its writer lives. So whoever writes next knows what writers
// that were killed left behind, and removes it, whichever process, container or boot they were of;
// two processes that write one path at the same time do no harm to each other.
absl::Status WriteFileAtomically(const std::string& path, absl::string_view bytes,
                                 SyncCall sync = ::fsync);

// The content of the regular file at `path`, of at most `limit` bytes.
absl::StatusOr<std::string> ReadWholeFile(const std::string& path, size_t limit);

}  // namespace nines

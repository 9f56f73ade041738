// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "snapshot/atomic_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nines/random.h"

namespace nines {
namespace {

// Of its own user alone: addresses of a network are nobody else's business.
constexpr mode_t kMode = S_IRUSR | S_IWUSR;

// How often another writer may be in the way (it looks at our new file between its creation and its
// lock, and takes it for a dead one's) before that is an error.
constexpr int kTries = 5;

absl::Status SystemError(int error, const std::string& path, absl::string_view step) {
  return absl::ErrnoToStatus(error, absl::StrCat(path, ": cannot ", step));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

 private:
  const int fd_;
};

// A write beyond RLIMIT_FSIZE raises SIGXFSZ, which ends the process. While this lives, it does not
// on this thread; the write fails with EFBIG.
class FileSizeSignalBlock {
 public:
  FileSizeSignalBlock() {
    sigemptyset(&signal_);
    sigaddset(&signal_, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &signal_, &before_);
  }
  FileSizeSignalBlock(const FileSizeSignalBlock&) = delete;
  FileSizeSignalBlock& operator=(const FileSizeSignalBlock&) = delete;
  ~FileSizeSignalBlock() {
    if (sigismember(&before_, SIGXFSZ) == 0) {
      const timespec now = {0, 0};
      while (sigtimedwait(&signal_, nullptr, &now) > 0) continue;  // takes what is pending
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t signal_;
  sigset_t before_;
};

struct Place {
  std::string folder;
  std::string name;
  std::string prefix;  // of new files for it, which nobody reads
};

Place PlaceOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  Place place;
  place.folder = slash == 0 ? "/" : path.substr(0, slash);
  place.name = path.substr(slash + 1);
  place.prefix = absl::StrCat(".", place.name, ".new-");
  return place;
}

// What is in the folder; null if the system has no memory or descriptor for it.
DIR* OpenEntries(int folder) {
  const int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return nullptr;
  DIR* entries = fdopendir(fd);
  if (entries == nullptr) close(fd);
  return entries;
}

// Removes new files that their writers cannot finish any more. What cannot be removed may stay.
void RemoveAbandoned(const Place& place, int folder) {
  DIR* entries = OpenEntries(folder);
  if (entries == nullptr) return;
  while (const dirent* entry = readdir(entries)) {
    if (!absl::StartsWith(entry->d_name, place.prefix)) continue;
    const Descriptor file(
        openat(folder, entry->d_name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    // Without locks (some network file systems) nobody can tell, and it stays.
    if (!file.is_open() || flock(file.get(), LOCK_EX | LOCK_NB) != 0) continue;
    unlinkat(folder, entry->d_name, 0);
  }
  closedir(entries);
}

int WriteAll(int fd, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

// One try. Unavailable if another writer took the new file for an abandoned one, or has one of this
// name: a process that forked gives its children the same random numbers.
absl::Status TryWrite(const std::string& path, const Place& place, int folder,
                      absl::string_view bytes, SyncCall sync) {
  const std::string fresh =
      absl::StrCat(place.prefix, getpid(), "-", absl::Hex(ProcessRandom().Next()));
  const Descriptor file(
      openat(folder, fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kMode));
  if (!file.is_open() && errno == EEXIST) return absl::UnavailableError(path);
  if (!file.is_open()) return SystemError(errno, path, "make a new file beside it");
  flock(file.get(), LOCK_EX | LOCK_NB);  // where there are no locks, nobody removes it either
  int error = fchmod(file.get(), kMode) == 0 ? 0 : errno;  // whatever the umask
  absl::string_view step = "set the mode of the new file";
  if (error == 0) {
    step = "write";
    error = WriteAll(file.get(), bytes);
  }
  if (error == 0) {
    step = "sync";
    error = sync(file.get()) == 0 ? 0 : errno;
  }
  if (error == 0) {
    if (renameat(folder, fresh.c_str(), folder, place.name.c_str()) == 0) return absl::OkStatus();
    if (errno == ENOENT) return absl::UnavailableError(absl::StrCat(path, ": removed by another"));
    step = "put the new file in its place";
    error = errno;
  }
  unlinkat(folder, fresh.c_str(), 0);
  return SystemError(error, path, step);
}

}  // namespace

absl::Status WriteFileAtomically(const std::string& path, absl::string_view bytes, SyncCall sync) {
  const FileSizeSignalBlock block;
  const Place place = PlaceOf(path);
  const Descriptor folder(open(place.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open()) return SystemError(errno, path, "open its folder");
  RemoveAbandoned(place, folder.get());
  absl::Status status = TryWrite(path, place, folder.get(), bytes, sync);
  for (int i = 1; i < kTries && absl::IsUnavailable(status); ++i) {
    status = TryWrite(path, place, folder.get(), bytes, sync);
  }
  if (!status.ok()) return status;
  // Without this, a crash of the machine may bring back the old file. EINVAL is what file systems
  // say that do not sync folders (fsync(2)): there, the new file is all that can be had.
  if (sync(folder.get()) != 0 && errno != EINVAL) {
    return SystemError(errno, path, "sync its folder");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadWholeFile(const std::string& path, size_t limit) {
  // Not to wait for a pipe's writer.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file.is_open()) return SystemError(errno, path, "open it");
  struct stat facts = {};
  if (fstat(file.get(), &facts) != 0) return SystemError(errno, path, "read it");
  if (!S_ISREG(facts.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(path, ": is not a regular file"));
  }
  std::string bytes;
  std::vector<char> chunk(1 << 16);
  while (bytes.size() <= limit) {
    const ssize_t count = read(file.get(), chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError(errno, path, "read it");
    if (count == 0) return bytes;
    bytes.append(chunk.data(), static_cast<size_t>(count));
  }
  return absl::DataLossError(absl::StrCat(path, ": is longer than ", limit, " bytes"));
}

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// A watch on a file follows the file and not its name: once another one is renamed over it, it is
// deaf. So directories are watched, for the names that the path uses in them. That costs a look at
// each event of these directories; other files of theirs change seldom, /tmp being the exception.
//
// Not taken: watching every directory up to the root, which would see the rename of a grandparent
// too, at the price of waking up for every file made in any of them.

#include "path_watch.h"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstddef>
#include <cstring>
#include <deque>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace nines {
namespace {

/// The kernel's limit (path_resolution(7)): more is a loop.
constexpr int kMaxLinks = 40;

// Not IN_MODIFY: a file that is being written is not worth reading before it is closed.
constexpr uint32_t kEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                             IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

std::deque<std::string> Components(absl::string_view path) {
  return absl::StrSplit(path, '/', absl::SkipEmpty());
}

std::optional<std::string> LinkTarget(const std::string& path) {
  std::array<char, PATH_MAX> target;
  const ssize_t size = readlink(path.c_str(), target.data(), target.size());
  if (size < 0) return std::nullopt;
  return std::string(target.data(), static_cast<size_t>(size));
}

class InotifyWatch final : public EventLoop::Handle {
 public:
  explicit InotifyWatch(EventLoop::Callback on_change)
      : fd_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)), on_change_(std::move(on_change)) {}
  InotifyWatch(const InotifyWatch&) = delete;
  InotifyWatch& operator=(const InotifyWatch&) = delete;

  ~InotifyWatch() override {
    readiness_.reset();
    if (fd_ >= 0) close(fd_);
  }

  bool Start(EventLoop& loop, const std::vector<PathStep>& steps) {
    if (fd_ < 0) return false;
    for (const PathStep& step : steps) {
      const int directory = inotify_add_watch(fd_, step.directory.c_str(), kEvents);
      if (directory < 0) return false;
      entries_.emplace_back(directory, step.name);  // a directory watched twice has one number
    }
    readiness_ = loop.WatchFd(fd_, {/*readable=*/true, /*writable=*/false},
                              [this](EventLoop::IoEvents /*events*/) { OnReadable(); });
    return true;
  }

 private:
  void OnReadable() {
    // Room for one event with the longest name, as inotify(7) asks for, and for many usual ones.
    alignas(inotify_event) std::array<char, 4096> buffer;
    bool has_changed = false;
    ssize_t size = 0;
    while ((size = read(fd_, buffer.data(), buffer.size())) > 0) {
      for (const char* at = buffer.data(); at < buffer.data() + size;) {
        inotify_event event;
        std::memcpy(&event, at, sizeof(event));
        has_changed |= IsOurs(event, at + sizeof(event));
        at += sizeof(event) + event.len;
      }
    }
    if (has_changed) on_change_();
  }

  /// An event without a name is of the directory itself, or says that events were lost.
  bool IsOurs(const inotify_event& event, const char* name) const {
    return event.len == 0 ||
           std::find(entries_.begin(), entries_.end(),
                     std::make_pair(event.wd, std::string(name))) != entries_.end();
  }

  const int fd_;
  EventLoop::Callback on_change_;
  std::vector<std::pair<int, std::string>> entries_;  // by directory
  std::unique_ptr<EventLoop::Handle> readiness_;
};

}  // namespace

std::vector<PathStep> ChangeableSteps(const std::string& path) {
  std::vector<PathStep> steps;
  std::string directory = "/";
  std::deque<std::string> rest = Components(path);
  int links = 0;
  while (!rest.empty()) {
    const std::string name = std::move(rest.front());
    rest.pop_front();
    std::string entry = absl::StrCat(directory == "/" ? "" : directory, "/", name);
    const std::optional<std::string> target = LinkTarget(entry);
    struct stat ignored;
    const bool is_last =
        !target.has_value() && (rest.empty() || lstat(entry.c_str(), &ignored) != 0);
    if (target.has_value() || is_last) steps.push_back({directory, name});
    if (is_last || links == kMaxLinks) break;
    if (!target.has_value()) {
      directory = std::move(entry);
      continue;
    }
    ++links;
    std::deque<std::string> inserted = Components(*target);
    rest.insert(rest.begin(), inserted.begin(), inserted.end());
    if (!target->empty() && target->front() == '/') directory = "/";
  }
  return steps;
}

std::unique_ptr<EventLoop::Handle> WatchPath(EventLoop& loop, const std::string& path,
                                             EventLoop::Callback on_change) {
  auto watch = std::make_unique<InotifyWatch>(std::move(on_change));
  if (!watch->Start(loop, ChangeableSteps(path))) return nullptr;
  return watch;
}

}  // namespace nines

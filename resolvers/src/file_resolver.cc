// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "file_resolver.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "endpoint_address.h"
#include "nines/endpoint_file.h"
#include "nines/file_resolver.h"
#include "path_watch.h"

namespace nines {
namespace {

/// Between the first sign of a change and the reading: an update of several files and links is one
/// reading, and a file that changes all the time costs fifty a second.
constexpr absl::Duration kSettleTime = absl::Milliseconds(20);

/// Refresh(), which failing endpoints call, reads the file again only this long after the last
/// time.
constexpr absl::Duration kMinRefreshInterval = absl::Seconds(1);

/// Without a watch. A file of the allowed size is read and compared within a millisecond.
constexpr absl::Duration kPollInterval = absl::Seconds(2);

absl::Status SystemError(absl::string_view what) {
  return absl::UnavailableError(absl::ErrnoToStatus(errno, what).message());
}

/// Up to one byte more than a file may have.
absl::StatusOr<std::string> ReadDescriptor(int fd) {
  struct stat status = {};
  if (fstat(fd, &status) != 0) return SystemError("cannot read the file");
  if (!S_ISREG(status.st_mode)) return absl::UnavailableError("it is not a regular file");
  std::string text(kMaxEndpointFileBytes + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = read(fd, &text[size], text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError("cannot read the file");
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  text.resize(size);
  return text;
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  // Not blocking: the path may be a FIFO that nobody writes.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return SystemError("cannot open the file");
  absl::StatusOr<std::string> text = ReadDescriptor(fd);
  close(fd);
  return text;
}

absl::Status Refuse(const Target& target, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(target.ToString(), ": ", why));
}

class FileResolverFactory final : public ResolverFactory {
 public:
  explicit FileResolverFactory(std::shared_ptr<const ResolverFactory> dns) : dns_(std::move(dns)) {}

  absl::Status CheckTarget(const Target& target) const override {
    if (!target.authority.empty()) {
      return Refuse(target, "the path is preceded by an authority; write file:///path");
    }
    if (target.path.empty() || absl::EndsWith(target.path, "/")) {
      return Refuse(target, "it names no file; write file:///path");
    }
    if (absl::StrContains(target.path, '\0')) return Refuse(target, "the path has a zero byte");
    return absl::OkStatus();
  }

  std::string DefaultAuthority(const Target& /*target*/) const override {
    return "localhost";  // as gRPC does for paths
  }

  std::unique_ptr<Resolver> MakeResolver(const Target& target,
                                         const ResolverContext& context) const override {
    FileResolver::Access access;
    access.read = ReadFile;
    access.watch = [loop = context.loop](const std::string& path, EventLoop::Callback on_change) {
      return WatchPath(*loop, path, std::move(on_change));
    };
    access.make_host_resolver = ResolveHostsBy(dns_, context);
    return std::make_unique<FileResolver>(target.ToString(), absl::StrCat("/", target.path),
                                          std::move(access), context);
  }

 private:
  const std::shared_ptr<const ResolverFactory> dns_;
};

}  // namespace

FileResolver::FileResolver(std::string target, std::string path, Access access,
                           const ResolverContext& context)
    : target_(std::move(target)),
      path_(std::move(path)),
      access_(std::move(access)),
      context_(context),
      list_(target_, access_.make_host_resolver, context.listener) {}

void FileResolver::Start() { ReadAfter(absl::ZeroDuration()); }

void FileResolver::Refresh() {
  if (last_read_ == absl::InfinitePast()) return;  // the first reading is under way
  list_.Refresh();
  const absl::Duration since = context_.loop->clock().Now() - last_read_;
  ReadAfter(std::max(kMinRefreshInterval - since, absl::ZeroDuration()));
}

void FileResolver::ReadAfter(absl::Duration delay) {
  const absl::Time at = context_.loop->clock().Now() + delay;
  if (at >= next_read_) return;
  next_read_ = at;
  timer_ = context_.loop->RunAfter(delay, [this] { Read(); });
}

void FileResolver::Read() {
  last_read_ = context_.loop->clock().Now();
  next_read_ = absl::InfiniteFuture();
  // Before the reading, so that no change falls between; and anew, because links may have changed.
  // The old watch stays until then.
  watch_ = access_.watch(path_, [this] { ReadAfter(kSettleTime); });
  absl::StatusOr<std::string> text = access_.read(path_);
  if (watch_ == nullptr) ReadAfter(kPollInterval);
  if (text == last_) return;
  last_ = std::move(text);
  if (last_.ok()) {
    Report(*last_);
  } else {
    ReportError(last_.status().message());
  }
}

void FileResolver::Report(absl::string_view text) {
  absl::StatusOr<EndpointList> entries = ParseEndpointFile(text, ParseListedAddress);
  const absl::Status status = entries.ok() ? CheckHostCount(*entries) : entries.status();
  if (!status.ok()) return ReportError(status.message());
  list_.SetEntries(*std::move(entries));
}

void FileResolver::ReportError(absl::string_view why) {
  // Unavailable, whatever is wrong: to a call it means that there are no endpoints yet.
  context_.listener->OnResolveError(absl::UnavailableError(absl::StrCat(target_, ": ", why)));
}

std::shared_ptr<const ResolverFactory> MakeFileResolverFactory(
    std::shared_ptr<const ResolverFactory> dns) {
  return std::make_shared<FileResolverFactory>(std::move(dns));
}

}  // namespace nines

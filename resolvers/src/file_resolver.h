// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "hosted_list.h"
#include "nines/event_loop.h"
#include "nines/resolver.h"

namespace nines {

/// Reads a file again and again, whenever it may have changed. The behaviour is described at
/// MakeFileResolverFactory().
class FileResolver final : public Resolver {
 public:
  /// How the resolver meets the system, so that tests can stand in for it.
  struct Access {
    std::function<absl::StatusOr<std::string>(const std::string& path)> read;
    /// As WatchPath().
    std::function<std::unique_ptr<EventLoop::Handle>(const std::string& path,
                                                     EventLoop::Callback on_change)>
        watch;
    HostedList::MakeHostResolver make_host_resolver;
  };

  /// Errors have `target` in front.
  FileResolver(std::string target, std::string path, Access access, const ResolverContext& context);

  void Start() override;
  void Refresh() override;

 private:
  void ReadAfter(absl::Duration delay);
  void Read();
  void Report(absl::string_view text);
  void ReportError(absl::string_view why);

  const std::string target_;
  const std::string path_;
  const Access access_;
  const ResolverContext context_;
  HostedList list_;

  absl::StatusOr<std::string> last_;               // what the last reading gave
  absl::Time last_read_ = absl::InfinitePast();    // in the past for ever: not started
  absl::Time next_read_ = absl::InfiniteFuture();  // as planned
  std::unique_ptr<EventLoop::Handle> watch_;
  std::unique_ptr<EventLoop::Handle> timer_;
};

}  // namespace nines

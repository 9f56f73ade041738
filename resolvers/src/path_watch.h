// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "nines/event_loop.h"

namespace nines {

/// A place where a path can change its meaning: the entry `name` of `directory`.
struct PathStep {
  std::string directory;
  std::string name;
};

/// The steps of `path`, followed as the system follows it now, that lead through a symbolic link,
/// and the last one; if one is missing, that is the last. REQUIRES: `path` is absolute.
std::vector<PathStep> ChangeableSteps(const std::string& path);

/// Calls `on_change` on the loop's thread when one of the path's steps may have changed: an entry
/// was replaced, written and closed, or removed, or its directory was. What it leads to afterwards
/// needs a new watch; one made before the file is read misses nothing. `on_change` must not destroy
/// the handle. Null if the system has no watch to give. Loop thread only.
std::unique_ptr<EventLoop::Handle> WatchPath(EventLoop& loop, const std::string& path,
                                             EventLoop::Callback on_change);

}  // namespace nines

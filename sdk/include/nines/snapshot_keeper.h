// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "nines/balancer.h"
#include "nines/event_loop.h"
#include "nines/learned_state.h"
#include "nines/observer.h"
#include "nines/resolver.h"
#include "nines/snapshot.h"

namespace nines {

/// The snapshots of one client or channel: reads the last one when it is created, serves its
/// endpoints before the resolver has an answer, and writes new ones while the balancer runs, on a
/// thread that lives as long as a write takes. For integrations; programs set SnapshotOptions.
///
/// Thread-safe. Lifetime: held by shared_ptr; Stop() before the balancer is shut down.
class SnapshotKeeper {
 public:
  struct Parts {
    SnapshotOptions options;
    std::string target;  // as Target::ToString() says it
    std::shared_ptr<EventLoop> loop;
    std::shared_ptr<Observer> observer;  // may be null
    /// The wall clock, by which another process reckons ages; and what puts a snapshot on the disk.
    std::function<absl::Time()> wall_now = absl::Now;
    std::function<absl::Status(const std::string& path, const Snapshot& snapshot)> write_file =
        WriteSnapshotFile;
  };

  /// Reads the copies, and says by an event which one is used, or why none. Blocks on the disk.
  /// REQUIRES: options are those of CheckSnapshotOptions(), and have a primary_path.
  static std::shared_ptr<SnapshotKeeper> Create(Parts parts);

  virtual ~SnapshotKeeper() = default;

  /// The observer for the balancer: notes what has changed, and passes all on.
  virtual std::shared_ptr<Observer> observer() = 0;

  /// A resolver that begins with the last known endpoints, and goes on as `factory`'s. As
  /// ResolverFactory::MakeResolver(); keeps this alive.
  virtual std::unique_ptr<Resolver> MakeResolver(const ResolverFactory& factory,
                                                 const Target& target,
                                                 const ResolverContext& context) = 0;

  /// What people had said that holds still, for SetOverride().
  virtual std::vector<HeldOverride> overrides() const = 0;

  /// Restores what was learned, and goes on with what `balancer` learns. Before its first Update();
  /// again for each balancer that follows.
  virtual void Attach(const std::shared_ptr<Balancer>& balancer) = 0;

  /// Writes a last snapshot, unless the balancer is shut down, and no more after it. Blocks on the
  /// disk. Idempotent; when it returns, no event follows. On the loop's thread it writes none, and
  /// waits for no more than a write that is under way; within an event of a write, for nothing.
  virtual void Stop() = 0;
};

}  // namespace nines

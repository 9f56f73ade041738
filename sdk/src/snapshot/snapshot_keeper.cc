// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// When to write, and what: a timer on the event loop says when, a thread of its own does it.
// Whatever changes is written a second after the write before began at the earliest, so that a
// storm of ejections is one write a second; else there is a write each interval. What a write takes
// from the balancer is read by the writing thread, too: neither the loop nor a caller ever waits
// for a disk.

#include "nines/snapshot_keeper.h"

#include <algorithm>
#include <array>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "health/make_event.h"
#include "snapshot/background_work.h"
#include "snapshot/recovering_resolver.h"
#include "snapshot/recovery.h"
#include "sync/mutex.h"

namespace nines {
namespace {

// Between the beginnings of two writes for changes.
constexpr absl::Duration kMinPause = absl::Seconds(1);

// Whether a snapshot from before the event says something else.
bool IsChange(Event::Kind kind) {
  return kind == Event::Kind::kStateChanged || kind == Event::Kind::kOverrideSet ||
         kind == Event::Kind::kOverrideEnded;
}

// One place to write to. Tells of a failure once, and once when it is over. Confined to the writer.
struct Place {
  std::string path;
  int failures = 0;  // in a row
};

class DiskSnapshotKeeper final : public SnapshotKeeper,
                                 public std::enable_shared_from_this<DiskSnapshotKeeper> {
 public:
  explicit DiskSnapshotKeeper(Parts parts)
      : parts_(std::move(parts)),
        clock_(parts_.loop->clock()),
        places_{Place{parts_.options.primary_path}, Place{parts_.options.secondary_path}} {}
  ~DiskSnapshotKeeper() override { Stop(); }

  void Recover();

  std::shared_ptr<Observer> observer() override;
  std::unique_ptr<Resolver> MakeResolver(const ResolverFactory& factory, const Target& target,
                                         const ResolverContext& context) override;
  std::vector<HeldOverride> overrides() const override;
  void Attach(const std::shared_ptr<Balancer>& balancer) override;
  void Stop() override;

  // Any thread.
  void NoteChange();

 private:
  void OnEndpoints(const EndpointList& endpoints);
  void OnResolveError();

  // Waits for the Stop() that is under way.
  void AwaitStopLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void PostArm();
  void ArmOnLoop();
  void BeginWriteOnLoop();
  // On the writing thread, or the one that stops it.
  void Write();
  void WriteTo(Place& place, const Snapshot& snapshot);
  // The latest state, with what the balancer has learned; nothing if there is nothing to write.
  std::optional<Snapshot> Gather();
  void Tell(Event::Kind kind, std::string reason) const;

  // What is to be added to times of the loop's clock to have the wall clock's.
  absl::Duration ToWall() const { return parts_.wall_now() - clock_.Now(); }

  const Parts parts_;
  const Clock& clock_;
  std::array<Place, 2> places_;  // the writer's: one write at a time

  std::unique_ptr<EventLoop::Handle> timer_;  // loop thread only
  BackgroundWork work_;  // started on the loop's thread while it is not stopped, then joined

  mutable Mutex mutex_;
  Snapshot latest_ ABSL_GUARDED_BY(mutex_);
  bool is_confirmed_ ABSL_GUARDED_BY(mutex_) = false;  // the resolver stands by latest_.endpoints
  std::weak_ptr<Balancer> balancer_ ABSL_GUARDED_BY(mutex_);
  absl::Time last_write_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();  // when it began
  bool is_changed_ ABSL_GUARDED_BY(mutex_) = false;                       // since it began
  bool is_writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread::id writer_ ABSL_GUARDED_BY(mutex_);   // while work_ writes
  std::thread::id stopper_ ABSL_GUARDED_BY(mutex_);  // of the first Stop()
  bool has_ended_ ABSL_GUARDED_BY(mutex_) = false;   // that one
  CondVar end_;
};

class ChangeObserver final : public Observer {
 public:
  ChangeObserver(std::weak_ptr<DiskSnapshotKeeper> keeper, std::shared_ptr<Observer> next)
      : keeper_(std::move(keeper)), next_(std::move(next)) {}

  void OnEvent(const Event& event) override {
    if (IsChange(event.kind)) {
      if (const auto keeper = keeper_.lock()) keeper->NoteChange();
    }
    if (next_ != nullptr) next_->OnEvent(event);
  }

 private:
  const std::weak_ptr<DiskSnapshotKeeper> keeper_;  // which outlives the balancer, or has stopped
  const std::shared_ptr<Observer> next_;
};

void DiskSnapshotKeeper::Recover() {
  Recovery recovery = RecoverSnapshot(parts_.options, parts_.target, parts_.wall_now());
  const bool is_restored = recovery.snapshot.has_value();
  {
    MutexLock lock(mutex_);
    if (is_restored) latest_ = *std::move(recovery.snapshot);
    latest_.target = parts_.target;
    last_write_ = clock_.Now();
  }
  Tell(is_restored ? Event::Kind::kSnapshotRestored : Event::Kind::kSnapshotNotRestored,
       std::move(recovery.words));
}

std::shared_ptr<Observer> DiskSnapshotKeeper::observer() {
  return std::make_shared<ChangeObserver>(weak_from_this(), parts_.observer);
}

std::unique_ptr<Resolver> DiskSnapshotKeeper::MakeResolver(const ResolverFactory& factory,
                                                           const Target& target,
                                                           const ResolverContext& context) {
  RecoveringResolver::Hooks hooks;
  hooks.on_endpoints = [self = shared_from_this()](const EndpointList& endpoints) {
    self->OnEndpoints(endpoints);
  };
  hooks.on_error = [self = shared_from_this()] { self->OnResolveError(); };
  const absl::Duration to_wall = ToWall();
  RestoredEndpoints restored;
  {
    MutexLock lock(mutex_);
    restored.endpoints = latest_.endpoints;
    restored.resolved_at = latest_.resolved_at - to_wall;
    restored.last_used_at = latest_.learned.as_of - to_wall;
  }
  auto resolver =
      std::make_unique<RecoveringResolver>(std::move(restored), std::move(hooks), context);
  resolver->Wrap(factory, target);
  return resolver;
}

std::vector<HeldOverride> DiskSnapshotKeeper::overrides() const {
  const absl::Time now = parts_.wall_now();
  MutexLock lock(mutex_);
  std::vector<HeldOverride> held;
  for (const HeldOverride& said : latest_.learned.overrides) {
    if (said.until <= now) continue;
    held.push_back(said);
    held.back().wish.expires_after = said.until - now;
  }
  return held;
}

void DiskSnapshotKeeper::Attach(const std::shared_ptr<Balancer>& balancer) {
  LearnedState learned;
  {
    MutexLock lock(mutex_);
    balancer_ = balancer;
    learned = latest_.learned;
  }
  learned = Shifted(std::move(learned), -ToWall());
  balancer->Restore(std::move(learned.endpoints), learned.as_of);
  PostArm();
}

void DiskSnapshotKeeper::OnEndpoints(const EndpointList& endpoints) {
  // None at all is what a process that starts in an outage needs least.
  if (endpoints.empty()) return;
  const absl::Time now = parts_.wall_now();
  // Lame ones are in use although the resolver does not stand by them.
  const bool has_found_some = std::any_of(endpoints.begin(), endpoints.end(),
                                          [](const Endpoint& each) { return !each.is_lame; });
  {
    MutexLock lock(mutex_);
    if (has_found_some) {
      is_confirmed_ = true;
      latest_.resolved_at = now;
    }
    if (endpoints == latest_.endpoints) return;
    latest_.endpoints = endpoints;
  }
  NoteChange();
}

void DiskSnapshotKeeper::OnResolveError() {
  const absl::Time now = parts_.wall_now();
  MutexLock lock(mutex_);
  if (std::exchange(is_confirmed_, false)) latest_.resolved_at = now;
}

void DiskSnapshotKeeper::NoteChange() {
  {
    MutexLock lock(mutex_);
    if (is_stopped_ || std::exchange(is_changed_, true)) return;
  }
  PostArm();
}

void DiskSnapshotKeeper::PostArm() {
  parts_.loop->Post([weak = weak_from_this()] {
    if (const auto keeper = weak.lock()) keeper->ArmOnLoop();
  });
}

void DiskSnapshotKeeper::ArmOnLoop() {
  MutexLock lock(mutex_);
  // The end of a write comes back here.
  if (is_stopped_ || is_writing_) return;
  const absl::Duration pause = is_changed_ ? kMinPause : parts_.options.interval;
  timer_ =
      parts_.loop->RunAfter(last_write_ + pause - clock_.Now(), [this] { BeginWriteOnLoop(); });
}

void DiskSnapshotKeeper::BeginWriteOnLoop() {
  {
    MutexLock lock(mutex_);
    if (is_stopped_) return;
    is_writing_ = true;
    is_changed_ = false;
    last_write_ = clock_.Now();
  }
  const absl::Status started = work_.Start([this] {
    {
      MutexLock lock(mutex_);
      writer_ = std::this_thread::get_id();
    }
    Write();
    {
      MutexLock lock(mutex_);
      writer_ = std::thread::id();
      is_writing_ = false;
    }
    PostArm();
  });
  if (started.ok()) return;
  Tell(Event::Kind::kSnapshotWriteFailed, std::string(started.message()));
  {
    MutexLock lock(mutex_);
    is_writing_ = false;
  }
  ArmOnLoop();
}

std::optional<Snapshot> DiskSnapshotKeeper::Gather() {
  std::shared_ptr<Balancer> balancer;
  {
    MutexLock lock(mutex_);
    if (latest_.endpoints.empty()) return std::nullopt;
    balancer = balancer_.lock();
  }
  // Without one, as in an idle channel, what was last learned stays as it is.
  if (balancer == nullptr) return std::nullopt;
  absl::StatusOr<LearnedState> learned = balancer->Learned();
  if (!learned.ok()) return std::nullopt;
  MutexLock lock(mutex_);
  latest_.learned = Shifted(*std::move(learned), ToWall());
  if (is_confirmed_) latest_.resolved_at = latest_.learned.as_of;
  return latest_;
}

void DiskSnapshotKeeper::Write() {
  const std::optional<Snapshot> snapshot = Gather();
  if (!snapshot.has_value()) return;
  for (Place& place : places_) {
    if (!place.path.empty()) WriteTo(place, *snapshot);
  }
}

void DiskSnapshotKeeper::WriteTo(Place& place, const Snapshot& snapshot) {
  const absl::Status status = parts_.write_file(place.path, snapshot);
  if (!status.ok()) {
    if (place.failures++ == 0) {
      Tell(Event::Kind::kSnapshotWriteFailed, std::string(status.message()));
    }
    return;
  }
  const int failures = std::exchange(place.failures, 0);
  if (failures == 0) return;
  Tell(Event::Kind::kSnapshotWritten,
       absl::StrCat(place.path, ": after ", failures, " failed writes"));
}

void DiskSnapshotKeeper::Tell(Event::Kind kind, std::string reason) const {
  if (parts_.observer == nullptr) return;
  Event event = MakeEvent(kind, std::move(reason), clock_.Now());
  event.target = parts_.target;
  parts_.observer->OnEvent(event);
}

void DiskSnapshotKeeper::Stop() {
  bool is_within_write = false;
  {
    MutexLock lock(mutex_);
    if (std::exchange(is_stopped_, true)) return AwaitStopLocked();
    stopper_ = std::this_thread::get_id();
    is_within_write = writer_ == stopper_;
  }
  // No write begins after this.
  RunOnLoopAndWait(*parts_.loop, [this] { timer_.reset(); });
  if (!is_within_write) work_.Join();
  // All others who share the loop would wait for the disk.
  if (!is_within_write && !parts_.loop->IsLoopThread()) Write();
  MutexLock lock(mutex_);
  has_ended_ = true;
  end_.NotifyAll();
}

// Where the one under way waits for this thread, or tells its last events, waiting would not end.
void DiskSnapshotKeeper::AwaitStopLocked() {
  const std::thread::id self = std::this_thread::get_id();
  if (parts_.loop->IsLoopThread() || self == stopper_ || self == writer_) return;
  while (!has_ended_) end_.Wait(mutex_);
}

}  // namespace

std::shared_ptr<SnapshotKeeper> SnapshotKeeper::Create(Parts parts) {
  auto keeper = std::make_shared<DiskSnapshotKeeper>(std::move(parts));
  keeper->Recover();
  return keeper;
}

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/snapshot_keeper.h"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "support/fakes.h"
#include "support/gate.h"
#include "support/manual_event_loop.h"
#include "support/manual_resolver.h"
#include "support/snapshots.h"
#include "support/temporary_folder.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kTarget[] = "manual:///service";

// What a resolver's listener hears: "a b", or "!" for an error.
class Heard final : public Resolver::Listener {
 public:
  void OnEndpoints(EndpointList endpoints) override {
    std::string line;
    for (const Endpoint& endpoint : endpoints) absl::StrAppend(&line, endpoint.address, " ");
    lines.push_back(line);
  }
  void OnResolveError(const absl::Status& /*status*/) override { lines.emplace_back("!"); }
  void OnServiceConfig(std::string json) override { lines.push_back("config " + json); }

  std::vector<std::string> lines;
};

// Keeps events of any thread.
class ThreadSafeRecorder final : public Observer {
 public:
  void OnEvent(const Event& event) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    lines_.push_back(absl::StrCat(EventKindName(event.kind), ": ", event.reason));
  }
  std::vector<std::string> Take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::exchange(lines_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

class SnapshotKeeperTest : public ::testing::Test {
 protected:
  // A process begins.
  void Start() {
    SnapshotKeeper::Parts parts;
    parts.options = options_;
    parts.target = kTarget;
    parts.loop = loop_;
    parts.observer = observer_;
    parts.wall_now = [this] { return loop_->clock().Now() + kWallIsAhead; };
    parts.write_file = write_file_;
    keeper_ = SnapshotKeeper::Create(std::move(parts));
    Balancer::Options options;
    options.policy = std::make_shared<InOrderPolicy>();
    options.loop = loop_;
    options.observer = keeper_->observer();
    balancer_ = Balancer::Create(std::move(options));
    keeper_->Attach(balancer_);
    resolver_ =
        keeper_->MakeResolver(factory_, *ParseTarget(kTarget), {loop_.get(), &random_, &heard_});
    resolver_->Start();
  }
  // What an integration does with what its resolver says.
  void Resolve(const std::vector<std::string>& addresses) {
    factory_.listener->OnEndpoints(EndpointsNamed(addresses));
    balancer_->Update(EndpointsNamed(addresses));
  }
  void Stop() {
    resolver_.reset();
    // Not on the loop's thread, which waits for no disk.
    std::atomic<bool> is_over{false};
    std::thread stopper([&] {
      keeper_->Stop();
      is_over = true;
    });
    while (!is_over.load()) {
      loop_->RunPosted();
      std::this_thread::yield();
    }
    stopper.join();
    balancer_->Shutdown();
    keeper_.reset();
  }
  // Writes nothing, and only when `disk` opens; `arrived` opens when it begins to wait.
  void WriteWhen(Gate& disk, Gate& arrived) {
    write_file_ = [this, &disk, &arrived](const std::string& /*path*/,
                                          const Snapshot& /*snapshot*/) {
      arrived.Open();
      const bool is_passed = disk.Wait();
      ++writes_;
      return is_passed ? absl::OkStatus() : absl::DeadlineExceededError("nobody opened the gate");
    };
  }
  // Runs the loop until `gate` opens.
  void Await(const Gate& gate) {
    while (!gate.is_open()) {
      loop_->RunPosted();
      std::this_thread::yield();
    }
  }
  // Runs the loop until as many writes have ended as the test says.
  void AwaitWrites(int count) {
    while (writes_.load() < count) {
      loop_->RunPosted();
      std::this_thread::yield();
    }
    // The write has told the loop that it is over.
    while (loop_->timer_count() < timers_) {
      loop_->RunPosted();
      std::this_thread::yield();
    }
  }

  static constexpr absl::Duration kWallIsAhead = absl::Hours(1);

  const TemporaryFolder folder_;
  SnapshotOptions options_{folder_ / "primary", folder_ / "secondary"};
  const std::shared_ptr<ManualEventLoop> loop_ = std::make_shared<ManualEventLoop>();
  const std::shared_ptr<ThreadSafeRecorder> events_ = std::make_shared<ThreadSafeRecorder>();
  std::shared_ptr<Observer> observer_ = events_;
  std::atomic<int> writes_{0};  // of the primary and of the secondary
  std::function<absl::Status(const std::string&, const Snapshot&)> write_file_ =
      [this](const std::string& path, const Snapshot& snapshot) {
        const absl::Status status = WriteSnapshotFile(path, snapshot);
        ++writes_;
        return status;
      };
  FixedRandom random_;
  ManualResolverFactory factory_;
  Heard heard_;
  size_t timers_ = 0;
  std::shared_ptr<SnapshotKeeper> keeper_;
  std::shared_ptr<Balancer> balancer_;
  std::unique_ptr<Resolver> resolver_;
};

TEST_F(SnapshotKeeperTest, SaysThatThereIsNothingYet) {
  Start();

  EXPECT_THAT(events_->Take(),
              ElementsAre(absl::StrCat(
                  "snapshot_not_restored: primary: ", folder_ / "primary",
                  ": cannot open it: No such file or directory; secondary: ", folder_ / "secondary",
                  ": cannot open it: No such file or directory")));
  loop_->RunPosted();
  EXPECT_THAT(heard_.lines, IsEmpty());
}

TEST_F(SnapshotKeeperTest, SaysThatTheProcessBeforeHasJustEnded) {
  Start();
  Resolve({"a"});
  Stop();
  events_->Take();

  Start();

  EXPECT_THAT(events_->Take()[0], HasSubstr(", written just now, resolved just now"));
}

TEST_F(SnapshotKeeperTest, ServesTheEndpointsOfTheProcessBeforeUntilThereAreOthers) {
  Start();
  Resolve({"a", "b"});
  Stop();
  heard_.lines.clear();
  events_->Take();
  loop_->Advance(absl::Minutes(3));

  Start();
  EXPECT_THAT(heard_.lines, IsEmpty());  // not from within Start()
  loop_->Advance(absl::ZeroDuration());
  EXPECT_THAT(heard_.lines, ElementsAre("a b "));
  EXPECT_THAT(events_->Take(),
              ElementsAre(absl::StrCat("snapshot_restored: 2 endpoints from the primary snapshot ",
                                       folder_ / "primary", ", written 3m ago, resolved 3m ago")));
  Resolve({"c"});
  EXPECT_THAT(heard_.lines, ElementsAre("a b ", "c "));
}

TEST_F(SnapshotKeeperTest, ServesThemBeforeAnError) {
  Start();
  Resolve({"a"});
  Stop();
  heard_.lines.clear();

  Start();
  factory_.listener->OnResolveError(absl::UnavailableError("dead"));
  loop_->Advance(absl::ZeroDuration());

  EXPECT_THAT(heard_.lines, ElementsAre("a ", "!"));
}

TEST_F(SnapshotKeeperTest, DropsThemIfTheResolverIsQuicker) {
  Start();
  Resolve({"a"});
  Stop();
  heard_.lines.clear();

  Start();
  Resolve({"b"});
  loop_->Advance(absl::ZeroDuration());

  EXPECT_THAT(heard_.lines, ElementsAre("b "));
}

TEST_F(SnapshotKeeperTest, UsesTheSecondaryAndSaysWhy) {
  Start();
  Resolve({"a"});
  Stop();
  folder_.Write("primary", "nines-snapshot 1 5 0000000000000000\nhello");
  events_->Take();
  heard_.lines.clear();

  Start();
  loop_->Advance(absl::ZeroDuration());

  EXPECT_THAT(heard_.lines, ElementsAre("a "));
  const std::vector<std::string> events = events_->Take();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_THAT(events[0], HasSubstr("1 endpoint from the secondary snapshot"));
  EXPECT_THAT(events[0], HasSubstr("primary: " + folder_ / "primary" + ": byte 19: checksum"));
}

TEST_F(SnapshotKeeperTest, UsesASecondaryThatIsNewer) {
  Snapshot snapshot = CompleteSnapshot();
  snapshot.target = kTarget;
  snapshot.learned.as_of = loop_->clock().Now() + kWallIsAhead - absl::Minutes(10);
  ASSERT_TRUE(WriteSnapshotFile(folder_ / "primary", snapshot).ok());
  snapshot.learned.as_of += absl::Minutes(5);
  snapshot.endpoints = EndpointsNamed({"new"});
  snapshot.learned.endpoints.clear();
  ASSERT_TRUE(WriteSnapshotFile(folder_ / "secondary", snapshot).ok());

  Start();
  loop_->Advance(absl::ZeroDuration());

  EXPECT_THAT(heard_.lines, ElementsAre("new "));
  EXPECT_THAT(events_->Take()[0], HasSubstr("is older, written 10m ago"));
}

TEST_F(SnapshotKeeperTest, RefusesWhatIsOfAnotherTargetOrTooOld) {
  Snapshot snapshot = CompleteSnapshot();
  ASSERT_TRUE(WriteSnapshotFile(folder_ / "primary", snapshot).ok());
  snapshot.target = kTarget;
  snapshot.learned.as_of = loop_->clock().Now() + kWallIsAhead - absl::Hours(24 * 8);
  ASSERT_TRUE(WriteSnapshotFile(folder_ / "secondary", snapshot).ok());

  Start();
  loop_->Advance(absl::ZeroDuration());

  EXPECT_THAT(heard_.lines, IsEmpty());
  const std::string event = events_->Take()[0];
  EXPECT_THAT(event, HasSubstr("snapshot_not_restored"));
  EXPECT_THAT(event, HasSubstr("is of another target: dns:///greeter.example:443"));
  EXPECT_THAT(event, HasSubstr("was written 192h ago, more than 168h"));
}

TEST_F(SnapshotKeeperTest, RestoresWhatWasLearnedByTheWallClock) {
  Snapshot snapshot = CompleteSnapshot();
  snapshot.target = kTarget;
  snapshot.endpoints = EndpointsNamed({"a", "b"});
  snapshot.learned.as_of = loop_->clock().Now() + kWallIsAhead - absl::Seconds(1);
  LearnedEndpoint ejected;
  ejected.address = "a";
  ejected.state = HealthState::kEjected;
  ejected.reason = "5 consecutive failures";
  ejected.ejected_until = snapshot.learned.as_of + absl::Seconds(4);
  snapshot.learned.endpoints = {ejected};
  ASSERT_TRUE(WriteSnapshotFile(folder_ / "primary", snapshot).ok());

  Start();
  balancer_->Update(EndpointsNamed({"a", "b"}));

  const LearnedEndpoint learned = balancer_->Learned()->endpoints[0];
  EXPECT_EQ(learned.state, HealthState::kEjected);
  EXPECT_EQ(learned.ejected_until, loop_->clock().Now() + absl::Seconds(3));
  Stop();
  EXPECT_EQ(ReadSnapshotFile(folder_ / "primary")->learned.endpoints[0].ejected_until,
            ejected.ejected_until);
}

TEST_F(SnapshotKeeperTest, RestoresOverridesThatHoldStill) {
  Snapshot snapshot = CompleteSnapshot();
  snapshot.target = kTarget;
  snapshot.learned.as_of = loop_->clock().Now() + kWallIsAhead;
  snapshot.learned.overrides[0].until = snapshot.learned.as_of + absl::Minutes(1);
  ASSERT_TRUE(WriteSnapshotFile(folder_ / "primary", snapshot).ok());
  loop_->Advance(absl::Seconds(50));

  Start();
  ASSERT_THAT(keeper_->overrides(), SizeIs(2));
  EXPECT_EQ(keeper_->overrides()[0].wish.expires_after, absl::Seconds(10));
  EXPECT_EQ(keeper_->overrides()[1].wish.expires_after, absl::InfiniteDuration());
  loop_->Advance(absl::Seconds(10));
  EXPECT_THAT(keeper_->overrides(), SizeIs(1));
}

TEST_F(SnapshotKeeperTest, WritesASecondAfterAChange) {
  Start();
  loop_->Advance(absl::ZeroDuration());
  timers_ = loop_->timer_count();
  Resolve({"a", "b"});

  loop_->Advance(absl::Milliseconds(999));
  EXPECT_EQ(writes_.load(), 0);
  loop_->Advance(absl::Milliseconds(1));
  AwaitWrites(2);

  const Snapshot written = *ReadSnapshotFile(folder_ / "secondary");
  EXPECT_EQ(written.endpoints, EndpointsNamed({"a", "b"}));
  EXPECT_EQ(written.target, kTarget);
  EXPECT_EQ(written.learned.as_of, loop_->clock().Now() + kWallIsAhead);
  EXPECT_EQ(written.resolved_at, written.learned.as_of);
}

TEST_F(SnapshotKeeperTest, GathersChangesAndWritesAtTheInterval) {
  options_.secondary_path.clear();
  Start();
  loop_->Advance(absl::ZeroDuration());
  timers_ = loop_->timer_count();
  Resolve({"a"});
  ASSERT_TRUE(balancer_->SetOverride("a", {.mode = Override::Mode::kDrain}).ok());
  ASSERT_TRUE(balancer_->SetOverride("a", {.mode = Override::Mode::kDisable}).ok());

  loop_->Advance(absl::Seconds(1));
  AwaitWrites(1);
  loop_->Advance(absl::Seconds(29));
  EXPECT_EQ(writes_.load(), 1);
  loop_->Advance(absl::Seconds(1));
  AwaitWrites(2);

  EXPECT_EQ(ReadSnapshotFile(folder_ / "primary")->learned.overrides[0].wish.mode,
            Override::Mode::kDisable);
}

TEST_F(SnapshotKeeperTest, KeepsTheLastEndpointsWhenThereAreNone) {
  Start();
  Resolve({"a"});
  Resolve({});
  Stop();

  EXPECT_EQ(ReadSnapshotFile(folder_ / "primary")->endpoints, EndpointsNamed({"a"}));
}

TEST_F(SnapshotKeeperTest, KnowsSinceWhenTheResolverFails) {
  Start();
  Resolve({"a"});
  loop_->StandStill(absl::Minutes(1));
  factory_.listener->OnResolveError(absl::UnavailableError("dead"));
  loop_->StandStill(absl::Minutes(4));
  Stop();

  const Snapshot written = *ReadSnapshotFile(folder_ / "primary");
  EXPECT_EQ(written.learned.as_of - written.resolved_at, absl::Minutes(4));
}

TEST_F(SnapshotKeeperTest, KnowsThatTheResolverDoesNotStandByLameOnes) {
  Start();
  Resolve({"a"});
  loop_->StandStill(absl::Minutes(1));
  factory_.listener->OnResolveError(absl::UnavailableError("dead"));
  loop_->StandStill(absl::Minutes(1));
  EndpointList lame = EndpointsNamed({"a"});
  lame[0].is_lame = true;
  factory_.listener->OnEndpoints(lame);
  loop_->StandStill(absl::Minutes(3));
  Stop();

  const Snapshot written = *ReadSnapshotFile(folder_ / "primary");
  EXPECT_EQ(written.learned.as_of - written.resolved_at, absl::Minutes(4));
}

TEST_F(SnapshotKeeperTest, TellsTheNextResolverOfThisProcessToo) {
  Start();
  Resolve({"a"});
  const absl::Time resolved_at = loop_->clock().Now();
  resolver_.reset();  // as in a channel that is idle, before anything is written
  loop_->StandStill(absl::Minutes(1));

  resolver_ =
      keeper_->MakeResolver(factory_, *ParseTarget(kTarget), {loop_.get(), &random_, &heard_});

  EXPECT_EQ(factory_.restored.endpoints, EndpointsNamed({"a"}));
  EXPECT_EQ(factory_.restored.resolved_at, resolved_at);
}

TEST_F(SnapshotKeeperTest, TellsTheResolverWhatIsInUse) {
  Start();
  Resolve({"a", "b"});
  loop_->StandStill(absl::Minutes(1));
  factory_.listener->OnResolveError(absl::UnavailableError("dead"));
  const absl::Time failed_at = loop_->clock().Now();
  loop_->StandStill(absl::Minutes(4));
  const absl::Time stopped_at = loop_->clock().Now();
  Stop();
  loop_->StandStill(absl::Minutes(1));

  Start();

  EXPECT_EQ(factory_.restored.endpoints, EndpointsNamed({"a", "b"}));
  EXPECT_EQ(factory_.restored.resolved_at, failed_at);
  EXPECT_EQ(factory_.restored.last_used_at, stopped_at);
}

TEST_F(SnapshotKeeperTest, WaitsForNoSlowDisk) {
  Gate arrived;
  Gate disk;
  WriteWhen(disk, arrived);
  options_.secondary_path.clear();
  Start();
  Resolve({"a"});
  loop_->Advance(absl::Seconds(1));  // returns, though the disk does not
  ASSERT_TRUE(arrived.Wait());

  ASSERT_TRUE(balancer_->SetOverride("a", {.mode = Override::Mode::kDrain}).ok());
  loop_->Advance(absl::Minutes(1));
  EXPECT_EQ(writes_.load(), 0);  // and there is no second writer

  disk.Open();
  Stop();
  EXPECT_GE(writes_.load(), 2);
}

// One that another thread has begun, and that writes until `disk` opens.
class SnapshotKeeperStopTest : public SnapshotKeeperTest {
 protected:
  void SetUp() override {
    WriteWhen(disk_, arrived_);
    options_.secondary_path.clear();
    Start();
    Resolve({"a"});
    resolver_.reset();
    first_ = std::thread([this] { keeper_->Stop(); });
    Await(arrived_);
  }
  void TearDown() override {
    disk_.Open();
    first_.join();
    balancer_->Shutdown();
  }

  Gate arrived_;
  Gate disk_;
  std::thread first_;
};

TEST_F(SnapshotKeeperStopTest, ASecondOneWaitsForIt) {
  Gate begun;
  int writes_at_its_end = 0;
  std::thread second([&] {
    begun.Open();
    keeper_->Stop();
    writes_at_its_end = writes_.load();
  });
  EXPECT_TRUE(begun.Wait());

  disk_.Open();
  second.join();

  EXPECT_EQ(writes_at_its_end, 1);
}

TEST_F(SnapshotKeeperStopTest, OnTheLoopsThreadNobodyWaitsForIt) {
  keeper_->Stop();

  EXPECT_EQ(writes_.load(), 0);
}

// Stops what it observes at the first event of a write.
class StoppingObserver final : public Observer {
 public:
  explicit StoppingObserver(std::function<void()> stop) : stop_(std::move(stop)) {}
  void OnEvent(const Event& event) override {
    if (event.kind == Event::Kind::kSnapshotWriteFailed) stop_();
  }

 private:
  const std::function<void()> stop_;
};

class StopWithinAWriteTest : public SnapshotKeeperTest {
 protected:
  // Begins a write, which fails.
  void StartAndFail() {
    write_file_ = [this](const std::string& /*path*/, const Snapshot& /*snapshot*/) {
      ++writes_;
      return absl::ResourceExhaustedError("disk full");
    };
    options_.secondary_path.clear();
    Start();
    Resolve({"a"});
    loop_->Advance(absl::Seconds(2));
  }
  void TearDown() override {
    resolver_.reset();
    balancer_->Shutdown();
  }

  Gate has_ended_;
};

TEST_F(StopWithinAWriteTest, WaitsForNothing) {
  observer_ = std::make_shared<StoppingObserver>([this] {
    keeper_->Stop();
    has_ended_.Open();
  });

  StartAndFail();
  Await(has_ended_);

  EXPECT_EQ(writes_.load(), 1);
}

TEST_F(StopWithinAWriteTest, DoesNotWaitForOneThatWaitsForTheWrite) {
  Gate is_told;
  Gate is_other_begun;
  observer_ = std::make_shared<StoppingObserver>([&] {
    is_told.Open();
    EXPECT_TRUE(is_other_begun.Wait());
    keeper_->Stop();
    has_ended_.Open();
  });
  StartAndFail();
  Await(is_told);

  Gate is_other_over;
  std::thread other([&] {
    keeper_->Stop();
    is_other_over.Open();
  });
  // It tells the loop before it waits for the write.
  while (loop_->posted_count() == 0) std::this_thread::yield();
  is_other_begun.Open();
  Await(is_other_over);
  other.join();

  EXPECT_TRUE(has_ended_.is_open());
  EXPECT_EQ(writes_.load(), 2) << "the other writes a last one";
}

TEST_F(SnapshotKeeperTest, SaysOnceThatItCannotWriteAndOnceThatItCanAgain) {
  std::atomic<bool> is_full{true};
  write_file_ = [&](const std::string& path, const Snapshot& snapshot) {
    const absl::Status status = is_full.load() && path == folder_ / "primary"
                                    ? absl::ResourceExhaustedError("disk full")
                                    : WriteSnapshotFile(path, snapshot);
    ++writes_;
    return status;
  };
  Start();
  loop_->Advance(absl::ZeroDuration());
  timers_ = loop_->timer_count();
  events_->Take();
  Resolve({"a"});
  loop_->Advance(absl::Seconds(1));
  AwaitWrites(2);
  loop_->Advance(absl::Seconds(30));
  AwaitWrites(4);
  is_full = false;
  loop_->Advance(absl::Seconds(30));
  AwaitWrites(6);

  std::vector<std::string> about_writes;
  for (const std::string& line : events_->Take()) {
    if (line.rfind("snapshot", 0) == 0) about_writes.push_back(line);
  }
  EXPECT_THAT(about_writes, ElementsAre("snapshot_write_failed: disk full",
                                        absl::StrCat("snapshot_written: ", folder_ / "primary",
                                                     ": after 2 failed writes")));
  EXPECT_TRUE(ReadSnapshotFile(folder_ / "secondary").ok());
}

TEST_F(SnapshotKeeperTest, WritesNothingOfABalancerThatIsShutDown) {
  Start();
  Resolve({"a"});
  resolver_.reset();
  balancer_->Shutdown();
  keeper_->Stop();

  EXPECT_EQ(writes_.load(), 0);
}

TEST_F(SnapshotKeeperTest, HandsOnWhatItKnowsToTheNextBalancer) {
  Start();
  Resolve({"a", "b"});
  resolver_.reset();
  heard_.lines.clear();

  resolver_ =
      keeper_->MakeResolver(factory_, *ParseTarget(kTarget), {loop_.get(), &random_, &heard_});
  resolver_->Start();
  loop_->Advance(absl::ZeroDuration());

  EXPECT_THAT(heard_.lines, ElementsAre("a b "));
}

}  // namespace
}  // namespace nines

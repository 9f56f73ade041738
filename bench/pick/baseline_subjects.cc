// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "baseline_subjects.h"

#include <chrono>
#include <utility>

#include "baselines/buffered_random.h"
#include "baselines/buffered_ring.h"
#include "baselines/buffered_two_choices.h"
#include "baselines/choose_host.h"
#include "baselines/locked_round_robin.h"
#include "baselines/memory_floor.h"
#include "baselines/shared_maglev.h"
#include "baselines/shared_ring.h"
#include "key.h"
#include "subject_of.h"

namespace nines::bench {
namespace {

class LockedSystem {
 public:
  LockedSystem(size_t hosts, LockedRoundRobin::Reading reading)
      : last_(hosts - 1), picker_(hosts, reading) {}

  LockedRoundRobin& MakePicker() { return picker_; }
  static SharedHostPtr Pick(LockedRoundRobin& picker, const Key& /*key*/) { return picker.Pick(); }
  static bool IsTaken(const SharedHostPtr& host) { return host != nullptr; }
  static void Report(LockedRoundRobin& /*picker*/, SharedHostPtr& host) { host.reset(); }
  void SetHealthy(size_t host, bool is_healthy) { picker_.SetHealthy(host, is_healthy); }
  void SetLastKnown(bool is_known) { picker_.SetKnown(last_, is_known); }

 private:
  const size_t last_;
  LockedRoundRobin picker_;
};

template <typename Table>
class TableSystem {
 public:
  explicit TableSystem(size_t hosts)
      : last_(hosts - 1), balancer_(hosts, [](const std::vector<SharedHostPtr>& all) {
          return std::make_shared<const Table>(all);
        }) {}

  std::unique_ptr<HostChooser> MakePicker() { return balancer_.MakeWorker(); }
  static SharedHostPtr Pick(std::unique_ptr<HostChooser>& chooser, const Key& key) {
    return chooser->ChooseHost(KeyContext(key.view()));
  }
  static bool IsTaken(const SharedHostPtr& host) { return host != nullptr; }
  static void Report(std::unique_ptr<HostChooser>& /*chooser*/, SharedHostPtr& host) {
    host.reset();
  }
  void SetHealthy(size_t host, bool is_healthy) { balancer_.SetHealthy(host, is_healthy); }
  void SetLastKnown(bool is_known) { balancer_.SetKnown(last_, is_known); }

 private:
  const size_t last_;
  TableBalancer balancer_;
};

class BufferedRingSystem {
 public:
  explicit BufferedRingSystem(size_t hosts) : last_(hosts - 1), ring_(hosts) {}

  BufferedRing& MakePicker() { return ring_; }
  static HostLease Pick(BufferedRing& ring, const Key& key) { return ring.Pick(key); }
  static bool IsTaken(const HostLease& lease) { return static_cast<bool>(lease); }
  static void Report(BufferedRing& /*ring*/, HostLease& lease) { lease = HostLease(); }
  void SetHealthy(size_t host, bool is_healthy) { ring_.SetHealthy(host, is_healthy); }
  void SetLastKnown(bool is_known) { ring_.SetKnown(last_, is_known); }

 private:
  const size_t last_;
  BufferedRing ring_;
};

class BufferedRandomSystem {
 public:
  explicit BufferedRandomSystem(size_t hosts) : last_(hosts - 1), random_(hosts) {}

  BufferedRandom& MakePicker() { return random_; }
  static HostLease Pick(BufferedRandom& random, const Key& /*key*/) { return random.Pick(); }
  static bool IsTaken(const HostLease& lease) { return static_cast<bool>(lease); }
  static void Report(BufferedRandom& /*random*/, HostLease& lease) { lease = HostLease(); }
  void SetHealthy(size_t host, bool is_healthy) { random_.SetHealthy(host, is_healthy); }
  void SetLastKnown(bool is_known) { random_.SetKnown(last_, is_known); }

 private:
  const size_t last_;
  BufferedRandom random_;
};

class TwoChoicesSystem {
 public:
  explicit TwoChoicesSystem(size_t hosts) : last_(hosts - 1), choices_(hosts) {}

  // Ends as in flight when dropped, as leases do.
  class Lease {
   public:
    Lease(BufferedTwoChoices& choices, HostLease host)
        : choices_(choices), host_(std::move(host)) {}
    Lease(const Lease&) = delete;
    ~Lease() {
      if (host_) choices_.End(host_);
    }
    bool is_taken() const { return static_cast<bool>(host_); }
    void Report(int64_t latency_ns, int64_t now_ns) {
      choices_.Report(host_, latency_ns, now_ns);
      host_ = HostLease();
    }

   private:
    BufferedTwoChoices& choices_;
    HostLease host_;
  };

  // The moments are those of calls that each take as long as a batch.
  struct Picker {
    BufferedTwoChoices& choices;
    int64_t now_ns;
  };

  Picker MakePicker() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return {choices_, std::chrono::nanoseconds(now).count()};
  }
  static Lease Pick(Picker& picker, const Key& /*key*/) {
    picker.now_ns += 100;
    return {picker.choices, picker.choices.Pick(picker.now_ns)};
  }
  static bool IsTaken(const Lease& lease) { return lease.is_taken(); }
  static void Report(Picker& picker, Lease& lease) {
    constexpr int64_t kLatencyNs = 1'000'000;
    lease.Report(kLatencyNs, picker.now_ns);
  }
  void SetHealthy(size_t host, bool is_healthy) { choices_.SetHealthy(host, is_healthy); }
  void SetLastKnown(bool is_known) { choices_.SetKnown(last_, is_known); }

 private:
  const size_t last_;
  BufferedTwoChoices choices_;
};

class SlotFloorSystem {
 public:
  explicit SlotFloorSystem(size_t hosts) : floor_(hosts) {}

  SlotFloor& MakePicker() { return floor_; }
  static const FloorLine* Pick(SlotFloor& floor, const Key& key) { return floor.Read(key); }
  static bool IsTaken(const FloorLine* line) { return line != nullptr; }
  static void Report(SlotFloor& /*floor*/, const FloorLine* /*line*/) {}
  static void SetHealthy(size_t /*host*/, bool /*is_healthy*/) {}
  static void SetLastKnown(bool /*is_known*/) {}

 private:
  SlotFloor floor_;
};

class TwoLinesFloorSystem {
 public:
  explicit TwoLinesFloorSystem(size_t hosts) : floor_(hosts) {}

  TwoLinesFloor& MakePicker() { return floor_; }
  static TwoLinesFloor::Lease Pick(TwoLinesFloor& floor, const Key& key) { return floor.Take(key); }
  static bool IsTaken(const TwoLinesFloor::Lease& /*lease*/) { return true; }
  static void Report(TwoLinesFloor& /*floor*/, const TwoLinesFloor::Lease& /*lease*/) {}
  static void SetHealthy(size_t /*host*/, bool /*is_healthy*/) {}
  static void SetLastKnown(bool /*is_known*/) {}

 private:
  TwoLinesFloor floor_;
};

}  // namespace

std::unique_ptr<Subject> MakeSlotFloorSubject(size_t hosts) {
  return std::make_unique<SubjectOf<SlotFloorSystem>>(hosts);
}

std::unique_ptr<Subject> MakeTwoLinesFloorSubject(size_t hosts) {
  return std::make_unique<SubjectOf<TwoLinesFloorSystem>>(hosts);
}

std::unique_ptr<Subject> MakeLockedCopySubject(size_t hosts) {
  return std::make_unique<SubjectOf<LockedSystem>>(hosts, LockedRoundRobin::Reading::kCopyPointer);
}

std::unique_ptr<Subject> MakeLockedPickSubject(size_t hosts) {
  return std::make_unique<SubjectOf<LockedSystem>>(hosts, LockedRoundRobin::Reading::kWholePick);
}

std::unique_ptr<Subject> MakeSharedRingSubject(size_t hosts) {
  return std::make_unique<SubjectOf<TableSystem<SharedRing>>>(hosts);
}

std::unique_ptr<Subject> MakeSharedMaglevSubject(size_t hosts) {
  return std::make_unique<SubjectOf<TableSystem<SharedMaglev>>>(hosts);
}

std::unique_ptr<Subject> MakeBufferedRingSubject(size_t hosts) {
  return std::make_unique<SubjectOf<BufferedRingSystem>>(hosts);
}

std::unique_ptr<Subject> MakeBufferedRandomSubject(size_t hosts) {
  return std::make_unique<SubjectOf<BufferedRandomSystem>>(hosts);
}

std::unique_ptr<Subject> MakeBufferedTwoChoicesSubject(size_t hosts) {
  return std::make_unique<SubjectOf<TwoChoicesSystem>>(hosts);
}

}  // namespace nines::bench

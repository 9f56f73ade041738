// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "key.h"
#include "subject.h"

namespace nines::bench {

/// Room for the leases of a batch, which are made in place: nothing is moved in the timed part.
/// Confined to one thread.
template <typename T>
class LeaseSlots {
 public:
  void* At(size_t i) { return &storage_[i]; }
  T& operator[](size_t i) { return *std::launder(reinterpret_cast<T*>(&storage_[i])); }

 private:
  struct alignas(T) Room {
    unsigned char bytes[sizeof(T)];
  };
  std::array<Room, Subject::kBatch> storage_;
};

/// Makes a Subject of a `System`, whose calls are inlined into the timed loops:
///
///   auto MakePicker();                      what one thread picks from; may be a reference
///   static L Pick(Picker&, const Key&);     takes a lease, which its destructor ends
///   static bool IsTaken(const L&);
///   static void Report(Picker&, L&);        ends a lease with a good outcome
///   void SetHealthy(size_t, bool);
///   void SetLastKnown(bool);
template <typename System>
class SubjectOf final : public Subject {
 public:
  template <typename... Arguments>
  explicit SubjectOf(Arguments&&... arguments) : system_(std::forward<Arguments>(arguments)...) {}

  RunResult Run(const RunOptions& options) override {
    decltype(auto) picker = system_.MakePicker();
    auto batch = std::make_unique<Batch>(options);
    RunResult result;
    result.batches.reserve(options.timed_batches);
    for (size_t i = 0; i < options.warm_up_batches; ++i) batch->Play(picker);
    for (size_t i = 0; i < options.timed_batches; ++i) {
      if (options.together != nullptr) options.together->Meet();
      result.batches.push_back(batch->Play(picker));
    }
    result.refused = batch->refused();
    return result;
  }

  void SetHealthy(size_t endpoint, bool is_healthy) override {
    system_.SetHealthy(endpoint, is_healthy);
  }
  void SetLastKnown(bool is_known) override { system_.SetLastKnown(is_known); }

 private:
  using Picker = std::remove_reference_t<decltype(std::declval<System&>().MakePicker())>;
  using Lease = decltype(System::Pick(std::declval<Picker&>(), std::declval<const Key&>()));
  using Clock = std::chrono::steady_clock;

  class Batch {
   public:
    explicit Batch(const RunOptions& options) : keys_(options.stream), end_(options.end) {}

    BatchTime Play(Picker& picker) {
      for (Key& key : batch_keys_) key = keys_.Next();
      const Clock::time_point start = Clock::now();
      for (size_t i = 0; i < kBatch; ++i) {
        new (leases_.At(i)) Lease(System::Pick(picker, batch_keys_[i]));
      }
      const Clock::time_point picked = Clock::now();
      for (size_t i = 0; i < kBatch; ++i) refused_ += System::IsTaken(leases_[i]) ? 0 : 1;
      const Clock::time_point checked = Clock::now();
      EndAll(picker);
      return {start, PerPick(picked - start), PerPick(Clock::now() - checked)};
    }

    uint64_t refused() const { return refused_; }

   private:
    void EndAll(Picker& picker) {
      if (end_ == LeaseEnd::kReport) {
        for (size_t i = 0; i < kBatch; ++i) {
          if (System::IsTaken(leases_[i])) System::Report(picker, leases_[i]);
          leases_[i].~Lease();
        }
      } else {
        for (size_t i = 0; i < kBatch; ++i) leases_[i].~Lease();
      }
    }

    static double PerPick(Clock::duration time) {
      return std::chrono::duration<double, std::nano>(time).count() / kBatch;
    }

    KeyStream keys_;
    const LeaseEnd end_;
    uint64_t refused_ = 0;
    std::array<Key, kBatch> batch_keys_{};
    LeaseSlots<Lease> leases_;
  };

  System system_;
};

}  // namespace nines::bench

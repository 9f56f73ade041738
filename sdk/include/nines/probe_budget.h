// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <deque>

namespace nines {

/// How many probes may be under way at a time on one event loop, for all clients and channels that
/// share the loop: so for the process, unless it has several loops. Who finds no place stands in
/// line, and takes turns with the others there, however many endpoints each of them has: so
/// endpoints that let their probes time out make all probes rarer, and never take all descriptors
/// of the process.
///
/// Confined to the loop's thread, but for its making and its end. Owned by the loop.
class ProbeBudget final {
 public:
  /// An eighth of the usual limit of 1,024 descriptors. Of 10,000 endpoints that answer within
  /// 10 ms, probed every 2 s, fifty are under way at a time; 128 suffice as long as fewer than 256
  /// of them hang, with a timeout of 1 s.
  static constexpr size_t kDefaultLimit = 128;

  /// Who probes.
  class Taker {
   public:
    virtual ~Taker() = default;
    /// A place has become free and is this taker's. False: it is not needed any more. Must not call
    /// the budget but for Wait().
    virtual bool UsePlace() = 0;
  };

  explicit ProbeBudget(size_t limit = kDefaultLimit) : limit_(limit) {}
  ProbeBudget(const ProbeBudget&) = delete;
  ProbeBudget& operator=(const ProbeBudget&) = delete;

  /// Whether there was a place, which is the caller's now, until Give().
  [[nodiscard]] bool Take();

  /// Puts `taker` at the end of the line, unless it stands there. It calls Leave() before it ends.
  void Wait(Taker& taker);
  void Leave(const Taker& taker);

  /// Gives so many places back, and calls whom they go to.
  void Give(size_t places = 1);

  /// Whether half of the places are free: then probes that could wait need not.
  bool has_room_to_spare() const { return used_ < limit_ - limit_ / 2; }

  size_t limit() const { return limit_; }

 private:
  const size_t limit_;
  size_t used_ = 0;
  std::deque<Taker*> line_;  // each once; empty while there is a place
};

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "next_step.h"
#include "nines/call.h"
#include "nines/grpc_trace.h"

namespace nines {

// What the attempts of a call write down for others: for its trace, and for the calls that hedge it
// and must go elsewhere. Made by whoever starts the call, who puts id() into the metadata; the
// channel finds it there.
//
// Why by a number: metadata is text that a program may copy from its own callers. A pointer in it
// would let them choose what is written to; of a number that nobody gave out, nothing comes.
//
// Thread-safe. Lives until its maker and the calls under way have dropped it.
class SharedCall {
 public:
  static std::shared_ptr<SharedCall> Create();
  // The one with this id; nullptr if there is none, or none any more.
  static std::shared_ptr<SharedCall> Find(uint64_t id);

  SharedCall(const SharedCall&) = delete;
  SharedCall& operator=(const SharedCall&) = delete;
  ~SharedCall();

  // As bytes, for kSharedCallMetadata; and back: 0 for what id_bytes() did not give.
  std::string id_bytes() const;
  static uint64_t IdOf(absl::string_view bytes);

  // An attempt begins; its number for what follows.
  size_t Begin(absl::string_view endpoint, uint64_t endpoint_id, absl::Time now);
  void End(size_t attempt, const absl::Status& status, absl::Duration duration);
  void SetNext(size_t attempt, NextStep next);

  bool IsUntried() const;

  // An attempt has answered the call: those that end cancelled from now on were overtaken.
  void SetAnswered() { is_answered_.store(true, std::memory_order_relaxed); }
  bool is_answered() const { return is_answered_.load(std::memory_order_relaxed); }

  // Notes in `memory` the endpoints that other calls have tried, so that it goes elsewhere.
  void AddTriedTo(CallMemory& memory) const;

  std::vector<GrpcCallTrace::Attempt> attempts() const;
  std::optional<CallEnd> end() const;

 private:
  struct Attempt {
    std::string endpoint;
    uint64_t endpoint_id = 0;
    absl::Time begin;
    bool has_ended = false;
    absl::Status status;
    absl::Duration duration;
    NextStep next;
  };

  explicit SharedCall(uint64_t id) : id_(id) {}

  const uint64_t id_;
  std::atomic<bool> is_answered_{false};
  mutable std::mutex mutex_;
  std::vector<Attempt> attempts_;  // guarded by mutex_
};

}  // namespace nines

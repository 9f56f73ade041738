// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "shared_call.h"

#include <cstring>
#include <unordered_map>

#include "call_metadata.h"
#include "nines/clock.h"
#include "nines/random.h"

namespace nines {
namespace {

// Where calls find what was made for them. The only way from a ClientContext to gRPC's core is
// metadata, so this is the process's.
struct Table {
  std::mutex mutex;
  std::unordered_map<uint64_t, std::weak_ptr<SharedCall>> calls;  // guarded by mutex
};

Table& TheTable() {
  static Table& table = *new Table();  // never destroyed: calls may end after main()
  return table;
}

// What gRPC tries again by itself was never processed: a failure like others.
AttemptReason ReasonAfter(const NextStep& step) {
  const auto* reason = step.has_value() ? std::get_if<AttemptReason>(&*step) : nullptr;
  return reason != nullptr ? *reason : AttemptReason::kFailure;
}

}  // namespace

std::shared_ptr<SharedCall> SharedCall::Create() {
  Table& table = TheTable();
  const std::lock_guard<std::mutex> lock(table.mutex);
  uint64_t id = 0;
  while (id == 0 || table.calls.count(id) > 0) id = ProcessRandom().Next();
  std::shared_ptr<SharedCall> call(new SharedCall(id));
  table.calls.emplace(id, call);
  return call;
}

std::shared_ptr<SharedCall> SharedCall::Find(uint64_t id) {
  Table& table = TheTable();
  const std::lock_guard<std::mutex> lock(table.mutex);
  const auto found = table.calls.find(id);
  return found != table.calls.end() ? found->second.lock() : nullptr;
}

SharedCall::~SharedCall() {
  Table& table = TheTable();
  const std::lock_guard<std::mutex> lock(table.mutex);
  table.calls.erase(id_);
}

std::string SharedCall::id_bytes() const {
  std::string bytes(sizeof(id_), '\0');
  std::memcpy(bytes.data(), &id_, sizeof(id_));
  return bytes;
}

uint64_t SharedCall::IdOf(absl::string_view bytes) {
  uint64_t id = 0;
  if (bytes.size() == sizeof(id)) std::memcpy(&id, bytes.data(), sizeof(id));
  return id;
}

size_t SharedCall::Begin(absl::string_view endpoint, uint64_t endpoint_id, absl::Time now) {
  Attempt attempt;
  attempt.endpoint = std::string(endpoint);
  attempt.endpoint_id = endpoint_id;
  attempt.begin = now;
  const std::lock_guard<std::mutex> lock(mutex_);
  attempts_.push_back(std::move(attempt));
  return attempts_.size() - 1;
}

void SharedCall::End(size_t attempt, const absl::Status& status, absl::Duration duration) {
  const std::lock_guard<std::mutex> lock(mutex_);
  attempts_[attempt].has_ended = true;
  attempts_[attempt].status = status;
  attempts_[attempt].duration = duration;
}

void SharedCall::SetNext(size_t attempt, NextStep next) {
  const std::lock_guard<std::mutex> lock(mutex_);
  attempts_[attempt].next = next;
}

bool SharedCall::IsUntried() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return attempts_.empty();
}

void SharedCall::AddTriedTo(CallMemory& memory) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const Attempt& attempt : attempts_) {
    if (memory.AttemptsSince(attempt.endpoint_id) == 0) memory.AddTried(attempt.endpoint_id);
  }
}

std::vector<GrpcCallTrace::Attempt> SharedCall::attempts() const {
  std::vector<GrpcCallTrace::Attempt> attempts;
  const absl::Time now = ProcessClock().Now();
  const std::lock_guard<std::mutex> lock(mutex_);
  attempts.reserve(attempts_.size());
  AttemptReason reason = AttemptReason::kFirst;
  for (const Attempt& from : attempts_) {
    GrpcCallTrace::Attempt& attempt = attempts.emplace_back();
    attempt.endpoint = from.endpoint;
    attempt.reason = reason;
    reason = ReasonAfter(from.next);
    if (from.has_ended) attempt.status = from.status;
    attempt.duration = from.has_ended ? from.duration : now - from.begin;
    attempt.next = ToText(from.next);
  }
  return attempts;
}

std::optional<CallEnd> SharedCall::end() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (attempts_.empty() || !attempts_.back().has_ended) return std::nullopt;
  const Attempt& last = attempts_.back();
  if (last.status.ok()) return CallEnd::kSucceeded;
  const auto* end = last.next.has_value() ? std::get_if<CallEnd>(&*last.next) : nullptr;
  return end != nullptr ? std::optional<CallEnd>(*end) : std::nullopt;
}

std::vector<GrpcCallTrace::Attempt> GrpcCallTrace::attempts() const { return call_->attempts(); }
std::optional<CallEnd> GrpcCallTrace::end() const { return call_->end(); }

GrpcCallTrace TraceCall(grpc::ClientContext* context) {
  std::shared_ptr<SharedCall> call = SharedCall::Create();
  context->AddMetadata(kSharedCallMetadata, call->id_bytes());
  return GrpcCallTrace(std::move(call));
}

}  // namespace nines

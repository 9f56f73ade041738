// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/query_of_death.h"

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_join.h"

namespace nines {
namespace {

// An endpoint that fails more of its calls than this makes calls fail by chance: at one in fifty,
// one call in 125,000 fails on three.
constexpr double kMostFailures = 0.02;

enum class Standing {
  kWell,     // but for this call
  kUnknown,  // nothing has ended there since
  kBad,      // others fail there, too
};

// `own` of its run of failures are this call's.
Standing StandingOf(const EndpointRecord& record, uint32_t answered_then, uint32_t own) {
  const EndpointState& state = *record.state;
  if ((state.flags() & EndpointState::kNotConnected) != 0) return Standing::kWell;
  if ((state.flags() & (EndpointState::kEjected | EndpointState::kTrial)) != 0) {
    return Standing::kBad;
  }
  if (state.consecutive_failures() > own) return Standing::kBad;
  const CallCounts& recent = record.recent;
  if (recent.failures > kMostFailures * recent.calls) return Standing::kBad;
  // Of fewer than fifty calls in the last minute none may have failed by luck.
  const bool is_proven = recent.failures + 1 <= kMostFailures * (recent.calls + 2);
  const bool has_answered = state.has_answered_since(answered_then) && !state.is_failing();
  return is_proven && has_answered ? Standing::kWell : Standing::kUnknown;
}

EndpointRecord* Find(const QueryOfDeath::Records& records, uint64_t endpoint_id) {
  for (const auto& record : records) {
    if (record->state->id() == endpoint_id) return record.get();
  }
  return nullptr;
}

}  // namespace

std::optional<std::string> QueryOfDeath::Judge(const Records& records, const CallMemory& memory) {
  if (memory.failures().size() < kEndpoints) return std::nullopt;
  absl::InlinedVector<EndpointRecord*, CallMemory::kFailureCapacity> failed;
  uint32_t well = 0;
  for (const CallMemory::Failure& failure : memory.failures()) {
    EndpointRecord* record = Find(records, failure.endpoint_id);
    if (record == nullptr) return std::nullopt;  // gone meanwhile: nobody can say
    const bool is_latest = &failure == &memory.failures().back();
    const Standing standing = StandingOf(*record, failure.answered, is_latest ? 0 : 1);
    if (standing == Standing::kBad) return std::nullopt;
    if (standing == Standing::kWell) ++well;
    failed.push_back(record);
  }
  if (well + 1 < kEndpoints) return std::nullopt;
  for (size_t i = 0; i + 1 < failed.size(); ++i) failed[i]->state->WithdrawFailure();
  return absl::StrJoin(failed, ", ", [](std::string* out, const EndpointRecord* record) {
    out->append(record->endpoint.address);
  });
}

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core_1_51/attempt_log.h"
#include "nines/call.h"
#include "nines/retry_budget.h"
#include "shared_call.h"
#include "src/core/ext/filters/client_channel/retry_service_config.h"
#include "src/core/lib/gprpp/unique_type_name.h"
#include "src/core/lib/load_balancing/lb_policy.h"
#include "src/core/lib/service_config/service_config_call_data.h"

namespace nines {

// What all attempts of one gRPC call share. Lives in the call's arena, which runs no destructors.
// Confined to the call: gRPC's call combiner runs one of its attempts at a time. Only picks run
// elsewhere, one at a time under the channel's lock, and while one waits for an endpoint, an
// attempt that gRPC gave up may end. So picks touch nothing but what bears that: of `memory` the
// picks' part (CallMemory says which), of `log` and `shared` a new entry, and `shared_attempt`,
// which the ends of attempts that were given up leave alone.
struct PerCall {
  explicit PerCall(grpc_core::Arena* arena) : log(arena) {}

  CallMemory memory;
  AttemptLog log;
  SharedCall* shared = nullptr;  // null: nobody asked; the arena holds it
  size_t shared_attempt = 0;     // the number there of the latest attempt

  // Hash-key material, copied to the arena because the metadata it came in is not sent.
  std::optional<std::string_view> hash_key;
  std::optional<std::string_view> client_ip;
  std::optional<std::string_view> content_hash;

  // Of the call, from its context or its method's config; and what each attempt may take at most.
  absl::Time deadline = absl::InfiniteFuture();
  absl::Duration attempt_timeout = absl::InfiniteDuration();

  RetryBudget* retry_budget = nullptr;  // the channel's
  // The method's retryPolicy, which the call keeps alive; null: it has none.
  const grpc_core::internal::RetryMethodConfig* retry_policy = nullptr;
  // How long gRPC's filter will wait before the next attempt if there is to be one; nothing: its
  // own backoff.
  std::optional<absl::Duration> wait;
  uint32_t backoffs = 0;  // made in a row
  // No endpoint that the next attempt might go to is fast enough for the time that is left.
  bool is_hopeless = false;
  // Attempts below this number are over for gRPC's filter, though they may end later.
  uint32_t given_up = 0;
  // When the latest retry was taken out of the channel's budget; nothing: none was, or it is back.
  std::optional<absl::Time> withdrawn;
  bool has_own_pushback = false;  // among the last attempt's trailing metadata, for the filter

  // The latest retry that was granted counts no more if its attempt never began: the call was
  // cancelled before, or its deadline passed, or there was no endpoint. The latest attempt when it
  // was granted was given_up - 1.
  void GiveBackUnlessBegun() {
    if (!withdrawn.has_value() || log.count() > given_up) return;
    retry_budget->GiveBack(*std::exchange(withdrawn, std::nullopt));
  }

  // What follows the latest attempt. There may be none: a pick that fails is no attempt.
  void SetNext(NextStep next) {
    if (log.count() == 0) return;
    log.SetNext(log.count() - 1, next);
    if (shared != nullptr) shared->SetNext(shared_attempt, next);
  }
};
static_assert(std::is_trivially_destructible_v<PerCall>, "an arena runs no destructors");

// Under this name the config selector hands the call's PerCall to the picks of its attempts.
grpc_core::UniqueTypeName PerCallAttribute();

// The PerCall of the call that is being picked for; nullptr for channels without our resolver.
PerCall* FindPerCall(const grpc_core::LoadBalancingPolicy::PickArgs& args);

// The same for the call whose config this is.
PerCall* FindPerCall(const grpc_core::ServiceConfigCallData& call_data);

}  // namespace nines

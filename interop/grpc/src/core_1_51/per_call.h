// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nines/call.h"
#include "src/core/lib/channel/status_util.h"
#include "src/core/lib/gprpp/unique_type_name.h"
#include "src/core/lib/load_balancing/lb_policy.h"

namespace nines {

// What all attempts of one gRPC call share. Lives in the call's arena, which runs no destructors.
// Confined to the call: gRPC's call combiner runs one of its attempts at a time.
struct PerCall {
  CallMemory memory;

  // Hash-key material, copied to the arena because the metadata it came in is not sent.
  std::optional<std::string_view> hash_key;
  std::optional<std::string_view> client_ip;
  std::optional<std::string_view> content_hash;

  // Of the call, from its context or its method's config; and what each attempt may take at most.
  absl::Time deadline = absl::InfiniteFuture();
  absl::Duration attempt_timeout = absl::InfiniteDuration();

  // The method's retryPolicy; 0: it has none.
  int max_attempts = 0;
  grpc_core::internal::StatusCodeSet retryable_codes;
};
static_assert(std::is_trivially_destructible_v<PerCall>, "an arena runs no destructors");

// Under this name the config selector hands the call's PerCall to the picks of its attempts.
grpc_core::UniqueTypeName PerCallAttribute();

// The PerCall of the call that is being picked for; nullptr for channels without our resolver.
PerCall* FindPerCall(const grpc_core::LoadBalancingPolicy::PickArgs& args);

}  // namespace nines

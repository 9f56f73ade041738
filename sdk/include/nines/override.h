// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace nines {

/// What a person says of one endpoint; it beats what health finds of it (docs/health.md). A value.
///
///   client->SetOverride("192.0.2.1:443", {.mode = nines::Override::Mode::kDrain,
///                                         .expires_after = absl::Minutes(10),
///                                         .note = "kernel update, ticket 4711"});
struct Override {
  enum class Mode {
    kNone,          // health decides
    kDrain,         // no new calls, not even in panic; an event says when the running ones ended
    kDisable,       // no calls, not even in panic, for as long as it takes
    kForceHealthy,  // takes calls whatever outcomes and probes say; not without a connection
  };
  static constexpr size_t kMaxNote = 256;  // bytes

  Mode mode = Mode::kNone;
  /// Instead of the weight that the resolver gives. Goes with every mode. At least 1.
  std::optional<uint32_t> weight = std::nullopt;
  /// How long it holds. More than zero; infinite: until another override replaces it.
  absl::Duration expires_after = absl::InfiniteDuration();
  /// Who and why, for events and pages. At most kMaxNote bytes, none of them a control character.
  std::string note = {};

  /// An override that says nothing ends the one that holds.
  bool is_clear() const { return mode == Mode::kNone && !weight.has_value(); }
};

/// Overrides that one balancer, client or channel keeps: enough to take out every endpoint of the
/// largest pools, and a bound on what one that never ends its overrides fills the memory with.
inline constexpr size_t kMaxOverrides = 100'000;

inline bool operator==(const Override& a, const Override& b) {
  return a.mode == b.mode && a.weight == b.weight && a.expires_after == b.expires_after &&
         a.note == b.note;
}
inline bool operator!=(const Override& a, const Override& b) { return !(a == b); }

/// InvalidArgument if Balancer::SetOverride() would refuse these, with every problem and what is
/// allowed instead.
absl::Status CheckOverride(absl::string_view address, const Override& wish);

/// "none", "drain", "disable", "force_healthy".
absl::string_view OverrideModeName(Override::Mode mode);

/// "drain, weight 3, for 10m: kernel update, ticket 4711"
std::string FormatOverride(const Override& wish);

}  // namespace nines

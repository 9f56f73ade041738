// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/override.h"

#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace nines {
namespace {

bool HasControlCharacter(absl::string_view text) {
  return absl::c_any_of(text, [](unsigned char c) { return absl::ascii_iscntrl(c); });
}

}  // namespace

absl::Status CheckOverride(absl::string_view address, const Override& wish) {
  std::vector<std::string> problems;
  if (address.empty()) problems.emplace_back("address: is empty; allowed: that of an endpoint");
  if (wish.weight == 0u) {
    problems.emplace_back(
        "weight: 0 is out of range [1, 4294967295]; to give it no calls, drain it");
  }
  if (wish.expires_after <= absl::ZeroDuration()) {
    problems.push_back(absl::StrCat("expires_after: ", absl::FormatDuration(wish.expires_after),
                                    " is over already; allowed: more than 0s"));
  } else if (wish.is_clear() && wish.expires_after != absl::InfiniteDuration()) {
    problems.emplace_back("expires_after: there is neither mode nor weight that could expire");
  }
  if (wish.note.size() > Override::kMaxNote) {
    problems.push_back(absl::StrCat("note: has ", wish.note.size(), " bytes; allowed: at most ",
                                    Override::kMaxNote));
  }
  if (HasControlCharacter(wish.note)) {
    problems.emplace_back("note: has a control character; allowed: one line of text");
  }
  if (problems.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("override of \"", address, "\": ", absl::StrJoin(problems, "; ")));
}

absl::string_view OverrideModeName(Override::Mode mode) {
  switch (mode) {
    case Override::Mode::kNone:
      return "none";
    case Override::Mode::kDrain:
      return "drain";
    case Override::Mode::kDisable:
      return "disable";
    case Override::Mode::kForceHealthy:
      return "force_healthy";
  }
  return "unknown";
}

std::string FormatOverride(const Override& wish) {
  std::string text;
  if (wish.mode != Override::Mode::kNone || !wish.weight.has_value()) {
    absl::StrAppend(&text, OverrideModeName(wish.mode));
  }
  if (wish.weight.has_value()) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", "weight ", *wish.weight);
  }
  if (wish.expires_after != absl::InfiniteDuration()) {
    absl::StrAppend(&text, ", for ", absl::FormatDuration(wish.expires_after));
  }
  if (!wish.note.empty()) absl::StrAppend(&text, ": ", wish.note);
  return text;
}

}  // namespace nines

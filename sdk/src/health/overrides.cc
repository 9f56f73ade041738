// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/overrides.h"

#include <iterator>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "health/make_event.h"

namespace nines {
namespace {

// Between looks at endpoints that drain. Also how long after the beginning the first one comes: a
// pick that saw the endpoint before may not have counted its call yet.
constexpr absl::Duration kDrainLook = absl::Milliseconds(100);

std::string WithNote(absl::string_view words, const std::string& note) {
  return note.empty() ? std::string(words) : absl::StrCat(words, ": ", note);
}

}  // namespace

absl::Status Overrides::Set(const std::string& address, const Override& wish, absl::Time now) {
  const auto held = entries_.find(address);
  const bool is_held = held != entries_.end();
  if (wish.is_clear()) {
    if (!is_held) return absl::OkStatus();
    const std::string ended = FormatOverride(held->second.wish);
    entries_.erase(held);
    Say(Event::Kind::kOverrideEnded, address,
        absl::StrCat(WithNote("cleared by hand", wish.note), "; it was: ", ended), now);
  } else {
    if (!is_held && entries_.size() >= kMaxOverrides) {
      return absl::ResourceExhaustedError(
          absl::StrCat("override of \"", address, "\": there are ", entries_.size(),
                       " already, the most that are kept; clear some, or let them expire"));
    }
    std::string reason = FormatOverride(wish);
    if (is_held) absl::StrAppend(&reason, "; it was: ", FormatOverride(held->second.wish));
    entries_[address] = {wish, now + wish.expires_after};
    next_expiry_ = std::min(next_expiry_, now + wish.expires_after);
    Say(Event::Kind::kOverrideSet, address, std::move(reason), now);
  }
  return absl::OkStatus();
}

std::vector<std::string> Overrides::Expire(absl::Time now) {
  std::vector<std::string> expired;
  if (now < next_expiry_) return expired;
  next_expiry_ = absl::InfiniteFuture();
  for (const auto& [address, entry] : entries_) {
    if (entry.until <= now) {
      expired.push_back(address);
    } else {
      next_expiry_ = std::min(next_expiry_, entry.until);
    }
  }
  absl::c_sort(expired);  // so that events come in an order that can be told
  for (const std::string& address : expired) {
    const auto node = entries_.extract(address);
    Say(Event::Kind::kOverrideEnded, address,
        absl::StrCat("expired; it was: ", FormatOverride(node.mapped().wish)), now);
  }
  return expired;
}

const Overrides::Entry* Overrides::Find(absl::string_view address) const {
  const auto held = entries_.find(address);
  return held == entries_.end() ? nullptr : &held->second;
}

void Overrides::WatchDrain(const std::string& address, absl::Time now) {
  const auto [watched, is_new] = draining_.try_emplace(address, now + kDrainLook);
  next_drain_look_ = std::min(next_drain_look_, watched->second);
}

void Overrides::LookForDrained(const EndpointTable& table, absl::Time now) {
  if (now < next_drain_look_) return;
  const auto is_over = [&](const std::string& address) {
    const EndpointRecord* record = table.Find(address);
    // Back in service, or gone: should it come back, it is watched anew.
    if (record == nullptr || (record->state->flags() & EndpointState::kDraining) == 0) return true;
    if (record->state->in_flight() != 0) return false;
    Say(Event::Kind::kDrained, address, "no calls are left", now);
    return true;
  };
  for (auto watched = draining_.begin(); watched != draining_.end();) {
    const bool is_done = watched->second <= now && is_over(watched->first);
    watched = is_done ? draining_.erase(watched) : std::next(watched);
  }
  next_drain_look_ = draining_.empty() ? absl::InfiniteFuture() : now + kDrainLook;
}

void Overrides::Say(Event::Kind kind, const std::string& address, std::string reason,
                    absl::Time now) const {
  if (emit_ == nullptr) return;
  emit_(MakeEvent(kind, std::move(reason), now, address));
}

}  // namespace nines

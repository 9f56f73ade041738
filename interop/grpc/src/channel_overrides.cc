// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "channel_overrides.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace nines {

absl::Status ChannelOverrides::Set(const std::string& address, const Override& wish,
                                   absl::FunctionRef<std::shared_ptr<Balancer>()> find_balancer) {
  absl::Status status = CheckOverride(address, wish);
  if (status.ok()) status = Keep(address, wish);
  if (!status.ok()) return status;
  const std::shared_ptr<Balancer> balancer = find_balancer();
  return balancer != nullptr ? Apply(address, wish, *balancer) : absl::OkStatus();
}

absl::Status ChannelOverrides::Keep(const std::string& address, const Override& wish) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (wish.is_clear()) {
    kept_.erase(address);
    return absl::OkStatus();
  }
  if (kept_.size() >= kMaxOverrides) DropExpired();
  if (kept_.size() >= kMaxOverrides && kept_.count(address) == 0) {
    return absl::ResourceExhaustedError(
        absl::StrCat("override of \"", address, "\": there are ", kept_.size(), " already"));
  }
  kept_[address] = {wish, clock_.Now() + wish.expires_after};
  return absl::OkStatus();
}

void ChannelOverrides::ApplyTo(Balancer& balancer) {
  std::vector<std::string> addresses;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    DropExpired();
    for (const auto& [address, kept] : kept_) addresses.push_back(address);
  }
  // What fails, fails because this balancer is shut down.
  for (const std::string& address : addresses) Apply(address, {}, balancer).IgnoreError();
}

// Two threads may do this for one address at once: whichever hands on last then sees whether that
// is what is kept.
absl::Status ChannelOverrides::Apply(const std::string& address, const Override& otherwise,
                                     Balancer& balancer) {
  absl::Status status;
  Kept handed;
  do {
    handed = Find(address, otherwise);
    Override wish = handed.wish;
    wish.expires_after = handed.until - clock_.Now();
    // That it has expired just now is the balancer's to say.
    wish.expires_after = std::max(wish.expires_after, absl::Nanoseconds(1));
    status = balancer.SetOverride(address, wish);
  } while (!(Find(address, otherwise) == handed));
  // Shut down: what is kept is for the balancer that follows.
  return absl::IsFailedPrecondition(status) ? absl::OkStatus() : status;
}

ChannelOverrides::Kept ChannelOverrides::Find(const std::string& address,
                                              const Override& otherwise) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto kept = kept_.find(address);
  if (kept != kept_.end()) return kept->second;
  return {otherwise.is_clear() ? otherwise : Override()};
}

void ChannelOverrides::DropExpired() {
  const absl::Time now = clock_.Now();
  for (auto kept = kept_.begin(); kept != kept_.end();) {
    kept = kept->second.until <= now ? kept_.erase(kept) : std::next(kept);
  }
}

}  // namespace nines

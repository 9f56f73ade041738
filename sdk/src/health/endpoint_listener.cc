// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/endpoint_listener.h"

#include <algorithm>
#include <utility>

namespace nines {

EndpointListener::EndpointListener(EventLoop& loop, Prober& prober, std::string address,
                                   absl::Duration interval, OnWord on_word)
    : loop_(loop),
      prober_(prober),
      address_(std::move(address)),
      interval_(interval),
      on_word_(std::move(on_word)) {}

void EndpointListener::OnProbe(const absl::Status& result) {
  // Nobody is there to listen to, or no means are left to do so.
  if (absl::IsUnimplemented(result) || absl::IsResourceExhausted(result)) return;
  if (std::exchange(was_probe_good_, result.ok()) != result.ok()) {
    retry_gap_ = absl::ZeroDuration();
    retry_at_ = absl::InfinitePast();
  }
  if (watch_ == nullptr && loop_.clock().Now() >= retry_at_) Begin();
}

void EndpointListener::Begin() {
  has_heard_ = false;
  is_said_good_ = true;
  Prober::WatchCallbacks callbacks;
  callbacks.on_word = [this](absl::Status word) { Hear(std::move(word)); };
  callbacks.on_end = [this](const absl::Status& why) { OnEnd(why); };
  watch_ = prober_.Listen(address_, std::move(callbacks));
  if (watch_ == nullptr) retry_at_ = absl::InfiniteFuture();
}

void EndpointListener::Hear(absl::Status word) {
  has_heard_ = true;
  if (word.ok() == is_said_good_) {
    pass_on_.reset();  // what was to be passed on no longer holds
    return;
  }
  latest_ = std::move(word);
  if (pass_on_ != nullptr) return;
  const absl::Duration wait = passed_at_ + gap_ - loop_.clock().Now();
  if (wait <= absl::ZeroDuration()) return PassOn();
  pass_on_ = loop_.RunAfter(wait, [this] { PassOn(); });
}

void EndpointListener::PassOn() {
  pass_on_.reset();
  const absl::Time now = loop_.clock().Now();
  const bool is_calm = now - std::exchange(passed_at_, now) >= 2 * interval_;
  gap_ = std::min(is_calm ? kFirstGap : 2 * gap_, interval_);
  is_said_good_ = latest_.ok();
  // Copies: on_word may destroy this.
  const OnWord on_word = on_word_;
  const std::string address = address_;
  on_word(address, std::exchange(latest_, absl::OkStatus()));
}

void EndpointListener::OnEnd(const absl::Status& why) {
  // A copy: the watch that owns it goes.
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): it outlives what it copies
  const absl::Status status = why;
  watch_.reset();
  pass_on_.reset();
  retry_gap_ = has_heard_ ? interval_ : std::max(interval_, std::min(2 * retry_gap_, kMaxRetryGap));
  if (absl::IsUnimplemented(status)) retry_gap_ = std::max(interval_, kMaxRetryGap);
  retry_at_ = loop_.clock().Now() + retry_gap_;
  if (!absl::IsUnimplemented(status) || std::exchange(has_said_unsupported_, true)) return;
  const OnWord on_word = on_word_;
  const std::string address = address_;
  on_word(address, status);
}

}  // namespace nines

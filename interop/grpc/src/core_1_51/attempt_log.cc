// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "core_1_51/attempt_log.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace nines {
namespace {

// Of an attempt's message in the call's: enough for what gRPC says, too little for a stack trace.
constexpr size_t kMaxMessage = 160;

absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }

void AppendAttempt(const AttemptLog::Attempt& attempt, absl::Time now, std::string_view known,
                   std::string* text) {
  absl::StrAppend(text, ToAbsl(attempt.endpoint));
  if (!attempt.has_ended) {
    absl::StrAppend(text, " no end after ",
                    absl::FormatDuration(absl::Trunc(now - attempt.begin, absl::Microseconds(1))));
    return;
  }
  absl::StrAppend(text, " ", absl::StatusCodeToString(attempt.code), " after ",
                  absl::FormatDuration(absl::Trunc(attempt.duration, absl::Microseconds(1))));
  if (!attempt.message.empty() && attempt.message != known) {
    absl::StrAppend(text, ": ", ToAbsl(attempt.message));
  }
}

}  // namespace

std::string_view AttemptLog::Copy(std::string_view text) {
  char* copy = static_cast<char*>(arena_->Alloc(text.size()));
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

uint32_t AttemptLog::Begin(std::string_view endpoint, absl::Time now) {
  const uint32_t number = count_.load(std::memory_order_relaxed);
  if (number < kCapacity) {
    Attempt& attempt = attempts_[number];
    attempt.endpoint = Copy(endpoint);
    attempt.begin = now;
    attempt.has_ended = false;
    attempt.next = std::nullopt;
  }
  count_.store(number + 1, std::memory_order_release);
  return number;
}

void AttemptLog::End(uint32_t attempt, const absl::Status& status, absl::Duration duration) {
  if (attempt >= kCapacity) return;
  Attempt& ended = attempts_[attempt];
  ended.has_ended = true;
  ended.code = status.code();
  ended.message = {};
  if (!status.ok()) {
    const std::string_view message(status.message().data(), status.message().size());
    ended.message = Copy(message.substr(0, kMaxMessage));
  }
  ended.duration = duration;
}

void AttemptLog::SetNext(uint32_t attempt, NextStep next) {
  if (attempt < kCapacity) attempts_[attempt].next = next;
}

std::string AttemptLog::Describe(absl::Time now, std::string_view known) const {
  const uint32_t count = this->count();
  const uint32_t logged = std::min(count, kCapacity);
  std::string text = count == 1 ? "" : absl::StrCat(count, " attempts: ");
  for (uint32_t i = 0; i < logged; ++i) {
    if (i > 0) absl::StrAppend(&text, "; ");
    AppendAttempt(attempts_[i], now, i + 1 == logged ? known.substr(0, kMaxMessage) : "", &text);
  }
  if (count > logged) {
    absl::StrAppend(&text, "; and ", count - logged, " more");
  } else if (const std::string next = ToText(attempts_[logged - 1].next); !next.empty()) {
    absl::StrAppend(&text, "; ", next);
  }
  return text;
}

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "retry/call_log.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

namespace nines {
namespace {

// Of one attempt's message: enough to tell failures apart, and short enough for five in a log line.
constexpr size_t kMaxMessage = 100;

void AppendAttempt(std::string* out, const AttemptTrace& attempt) {
  absl::StrAppend(out, attempt.address, ": ", absl::StatusCodeToString(attempt.status.code()));
  const absl::string_view message = attempt.status.message();
  if (!message.empty()) absl::StrAppend(out, ": ", message.substr(0, kMaxMessage));
  absl::StrAppend(out, " after ", absl::FormatDuration(attempt.duration));
}

absl::Status WithMessage(const absl::Status& status, absl::string_view message) {
  absl::Status result(status.code(), message);
  status.ForEachPayload(
      [&](absl::string_view type, const absl::Cord& payload) { result.SetPayload(type, payload); });
  return result;
}

}  // namespace

CallLog::CallLog(CallTrace* trace, absl::Time call_start) : asked_(trace), call_start_(call_start) {
  if (trace != nullptr) *trace = CallTrace();
}

void CallLog::Add(const Attempt& attempt, const absl::Status& status) {
  if (asked_ == nullptr && status.ok()) return;
  CallTrace& trace = asked_ != nullptr ? *asked_ : own_;
  trace.attempts.push_back({attempt.address, attempt.reason, attempt.start - call_start_,
                            attempt.end - attempt.start, status});
}

absl::Status CallLog::End(const absl::Status& last, CallEnd end) {
  if (asked_ != nullptr) asked_->end = end;
  const std::vector<AttemptTrace>& attempts = trace().attempts;
  const bool says_all = attempts.empty() || (attempts.size() == 1 && end == CallEnd::kNotRetryable);
  if (last.ok() || says_all) return last;
  return WithMessage(last, absl::StrCat(last.message(), " (", CallEndName(end), "; tried ",
                                        absl::StrJoin(attempts, ", ", AppendAttempt), ")"));
}

}  // namespace nines

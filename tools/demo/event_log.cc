// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "event_log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "nines/endpoint.h"
#include "number_text.h"

namespace nines::demo {
namespace {

class ChannelObserver final : public Observer {
 public:
  ChannelObserver(std::shared_ptr<EventLog> log, std::string channel)
      : log_(std::move(log)), channel_(std::move(channel)) {}

  void OnEvent(const Event& event) override { log_->Add(channel_, event); }

 private:
  const std::shared_ptr<EventLog> log_;
  const std::string channel_;
};

std::string Describe(const Event& event) {
  std::string text = HostOf(event.address);
  if (!text.empty()) text += " ";
  if (event.kind == Event::Kind::kStateChanged) {
    absl::StrAppend(&text, HealthStateName(event.from), " -> ", HealthStateName(event.to));
  } else {
    text += absl::StrReplaceAll(EventKindName(event.kind), {{"_", " "}});
  }
  if (!event.reason.empty()) absl::StrAppend(&text, ": ", event.reason);
  return OnOneLine(text);
}

}  // namespace

std::shared_ptr<Observer> EventLog::MakeObserver(std::string channel) {
  return std::make_shared<ChannelObserver>(shared_from_this(), std::move(channel));
}

std::vector<std::string> EventLog::Lines() const {
  const std::lock_guard<std::mutex> lock(mu_);
  return lines_;
}

void EventLog::SetStart(absl::Time start) {
  const std::lock_guard<std::mutex> lock(mu_);
  start_ = start;
}

void EventLog::Add(const std::string& channel, const Event& event) {
  const absl::Time now = absl::Now();
  const std::string text = Describe(event);
  const std::lock_guard<std::mutex> lock(mu_);
  const absl::Duration since_start = std::max(absl::ZeroDuration(), now - start_);
  lines_.push_back(
      absl::StrFormat("%5.1f s  %-7s %s", absl::ToDoubleSeconds(since_start), channel, text));
}

}  // namespace nines::demo

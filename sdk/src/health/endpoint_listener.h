// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nines/event_loop.h"
#include "nines/health.h"

namespace nines {

// Listens to what one endpoint says of its health unasked, as long as its prober can.
//
// A change of its mind is passed on at once; further ones after a time that grows to the interval
// of the probes while it goes on changing, so that an endpoint that flaps every 10 ms changes its
// state, and raises events, no more often than probes could; what it says in the end is passed on
// in any case. That a new watch begins with good news is no change: whether an endpoint that was
// out of use is well again is the probes' thresholds to say.
//
// The watch begins when a probe has been answered, and anew after it broke: at the next probe, but
// after a time that doubles from the interval while watches break without a word, until probes say
// something else than before. An endpoint that offers none says so once.
//
// Confined to the event loop's thread.
class EndpointListener final {
 public:
  // Between the first change and the next; shorter than people see, longer than a start's flurry.
  static constexpr absl::Duration kFirstGap = absl::Milliseconds(100);
  // Between attempts to watch who always breaks off: gRPC's own longest time.
  static constexpr absl::Duration kMaxRetryGap = absl::Minutes(2);

  // Hears of OK and Unavailable, which count at once, and of Unimplemented once. May destroy the
  // listener.
  using OnWord = std::function<void(const std::string& address, const absl::Status& word)>;

  // `prober` and `loop` outlive this.
  EndpointListener(EventLoop& loop, Prober& prober, std::string address, absl::Duration interval,
                   OnWord on_word);
  EndpointListener(const EndpointListener&) = delete;
  EndpointListener& operator=(const EndpointListener&) = delete;

  // A probe has ended.
  void OnProbe(const absl::Status& result);

 private:
  void Begin();
  void Hear(absl::Status word);
  void PassOn();
  void OnEnd(const absl::Status& why);

  EventLoop& loop_;
  Prober& prober_;
  const std::string address_;
  const absl::Duration interval_;
  const OnWord on_word_;

  std::unique_ptr<Prober::Probe> watch_;  // null: not listening
  bool has_heard_ = false;                // anything on it
  absl::Duration retry_gap_;
  absl::Time retry_at_ = absl::InfinitePast();
  bool was_probe_good_ = false;
  bool has_said_unsupported_ = false;

  bool is_said_good_ = true;  // what was passed on last
  absl::Status latest_;       // what waits for pass_on_
  absl::Duration gap_;
  absl::Time passed_at_ = absl::InfinitePast();
  std::unique_ptr<EventLoop::Handle> pass_on_;
};

}  // namespace nines

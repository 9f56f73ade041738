// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nines/endpoint.h"
#include "nines/event_loop.h"
#include "nines/health.h"

namespace nines::ctl {

/// What probes found of one endpoint.
struct ProbedEndpoint {
  enum class Verdict {
    kHealthy,    // every probe succeeded
    kUnhealthy,  // one failed
    kUnknown,    // none failed, and one was no verdict: see Prober::Start()
  };
  struct Answer {
    absl::Status status;
    absl::Duration took;
  };

  Endpoint endpoint;
  std::vector<Answer> answers;  // in the order in which they were asked for

  Verdict verdict() const;
  size_t good_answers() const;

  /// The middle one of how long the answers took. REQUIRES: there is one.
  absl::Duration typical_time() const;

  /// The last that was not good; OK if there is none.
  absl::Status last_error() const;
};

struct ProbeRunOptions {
  absl::Duration timeout = absl::Seconds(1);
  size_t count = 1;  // of each endpoint, one after the other; at least 1
};

/// Probes every endpoint and returns when all have answered, in the order of the list. Several
/// endpoints at a time, as many as the loop's budget has places for. Not on the loop's thread.
std::vector<ProbedEndpoint> ProbeAll(const EndpointList& endpoints, const ProbeRunOptions& options,
                                     EventLoop& loop, Prober& prober);

}  // namespace nines::ctl

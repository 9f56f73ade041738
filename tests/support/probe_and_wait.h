// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nines/event_loop.h"
#include "nines/health.h"
#include "support/gate.h"

namespace nines {

/// Longer than any probe of a test takes.
inline constexpr absl::Duration kLongTimeout = absl::Seconds(60);

/// Probes once, on a loop that runs by itself, and waits for the verdict.
inline absl::Status ProbeAndWait(EventLoop& loop, Prober& prober, const std::string& address,
                                 absl::Duration timeout = kLongTimeout) {
  std::unique_ptr<Prober::Probe> probe;
  std::optional<absl::Status> verdict;
  Gate done;
  RunOnLoopAndWait(loop, [&] {
    probe = prober.Start(address, timeout, [&](absl::Status status) {
      verdict = std::move(status);
      probe.reset();  // as the contract allows
      done.Open();
    });
    EXPECT_FALSE(verdict.has_value()) << "called from within Start()";
  });
  EXPECT_TRUE(done.Wait());
  return verdict.value_or(absl::UnknownError("no verdict"));
}

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "rows.h"

namespace nines::bench {

std::vector<Row> AllRows() {
  return {
      {"errors", "an endpoint starts to fail every call", MeasureErrors},
      {"hang", "an endpoint hangs (SIGSTOP)", MeasureHang},
      {"black_hole", "an endpoint's packets vanish", MeasureBlackHole},
      {"slow", "an endpoint is 10 times as slow as its peers", MeasureSlow},
      {"low_rate", "an endpoint fails a fifth of its 2 calls a second", MeasureLowRate},
      {"all_bad", "one of two endpoints fails, then both, then none", MeasureAllBad},
      {"not_found", "every endpoint answers a tenth of the calls NOT_FOUND", MeasureNotFound},
      {"restart", "an endpoint that was away comes back", MeasureRestart},
      {"probing", "1,000 endpoints are probed", MeasureProbing},
      {"report", "the outcome of a call is reported", MeasureReport},
  };
}

}  // namespace nines::bench

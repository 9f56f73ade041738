// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "rows.h"

namespace nines::bench {

std::vector<Row> AllRetryRows() {
  return {
      {"cost", "calls without and with a retry", MeasureCost},
      {"one_bad", "one endpoint fails every call", MeasureOneBad},
      {"outage", "all endpoints fail for 10 s", MeasureOutage},
      {"tail", "1 % of the attempts take 1 s", MeasureTail},
      {"deadline", "attempts that take longer than their calls may", MeasureDeadline},
  };
}

}  // namespace nines::bench

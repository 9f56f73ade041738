// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "row.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace nines::bench {

absl::StatusOr<std::vector<Row>> SelectRows(const std::vector<Row>& all,
                                            const std::vector<std::string>& names) {
  if (names.empty()) return all;
  for (const std::string& name : names) {
    const bool is_known =
        std::any_of(all.begin(), all.end(), [&](const Row& row) { return row.name == name; });
    if (is_known) continue;
    const auto add_name = [](std::string* out, const Row& row) { absl::StrAppend(out, row.name); };
    return absl::InvalidArgumentError(absl::StrCat(
        "--rows: '", name, "' is not known; allowed: ", absl::StrJoin(all, ", ", add_name)));
  }
  std::vector<Row> selected;
  for (const Row& row : all) {
    if (std::find(names.begin(), names.end(), row.name) != names.end()) selected.push_back(row);
  }
  return selected;
}

}  // namespace nines::bench

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "config/json_writer.h"

#include <nlohmann/json.hpp>

namespace nines {

std::string JsonString(absl::string_view text) {
  constexpr int kNoIndent = -1;
  return nlohmann::json(std::string(text))
      .dump(kNoIndent, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace);
}

}  // namespace nines

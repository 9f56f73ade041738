// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace nines {

/// A JSON value as it was written. A value.
struct JsonValue {
  enum class Type : uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

  Type type = Type::kNull;
  /// The name under which an object holds this value; empty elsewhere.
  std::string key;
  /// kString: the content. kNumber and kBool: as written, because "1.0" and 1 are not the same to
  /// whoever asks for an integer.
  std::string text;
  /// kArray: the elements. kObject: the members, in the order of the text.
  std::vector<JsonValue> children;
  /// Where its first byte stands in the text.
  size_t offset = 0;
};

}  // namespace nines

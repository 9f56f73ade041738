// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace nines {

/// Gathers every problem of one config, so that its author can fix all of them at once.
/// Confined to the parse that it belongs to.
class ConfigErrors {
 public:
  /// Of a service config, whose problems are found by their paths.
  ConfigErrors() = default;

  /// Of a text that people edit line by line: each problem also says in which line and column of
  /// `text` it stands. `subject` names the text. Both outlive this.
  ConfigErrors(absl::string_view subject, absl::string_view text)
      : subject_(subject), text_(text) {}

  /// Problems reported in full; the others are counted. A config of a megabyte can have a hundred
  /// thousand, and the message ends up in logs.
  static constexpr size_t kMaxReported = 100;

  /// Notes that what stands at `path` is wrong. The root's path is "".
  void Add(absl::string_view path, absl::string_view problem);

  /// The same of the value whose first byte is at `offset` of the text.
  void AddAt(size_t offset, absl::string_view path, absl::string_view problem);

  bool empty() const { return count_ == 0; }

  /// Further problems are only counted: there is no use in wording them with care.
  bool is_full() const { return count_ >= kMaxReported; }

  /// OK if there is no problem; else InvalidArgument with one line for each.
  absl::Status ToStatus() const;

 private:
  const absl::string_view subject_ = "service config";
  const std::optional<absl::string_view> text_;  // none: positions are not told
  std::vector<std::string> lines_;
  size_t count_ = 0;
};

/// "line 3, column 7" of the byte at `offset` of `text`, both from 1.
std::string LineAndColumn(absl::string_view text, size_t offset);

/// The path of member `key` of the object at `path`: "a.b", or a["b c"] for a key that is no word.
std::string MemberPath(absl::string_view path, absl::string_view key);

/// The path of element `index` of the array at `path`.
std::string ElementPath(absl::string_view path, size_t index);

/// `text` in quotes, shortened and escaped: configs come from anywhere, messages go to terminals.
/// REQUIRES: `text` is UTF-8.
std::string Quoted(absl::string_view text);

}  // namespace nines

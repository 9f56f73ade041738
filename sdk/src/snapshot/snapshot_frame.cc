// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "snapshot/snapshot_frame.h"

#include <cstdint>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "key_hash.h"
#include "nines/snapshot.h"

namespace nines {
namespace {

constexpr absl::string_view kMagic = "nines-snapshot ";

// The line of any version: later ones may add words, but not a hundred.
constexpr size_t kMaxHeaderBytes = 256;

// A version has so few digits, for ever; more of them are damage.
constexpr size_t kMaxVersionDigits = 4;

std::string HeaderOf(absl::string_view body) {
  return absl::StrCat(kMagic, kSnapshotVersion, " ", body.size(), " ",
                      absl::Hex(SeededHash(body, kSnapshotVersion), absl::kZeroPad16), "\n");
}

// The number, if that is all there is and it is written as we do.
bool ParseNumber(absl::string_view word, uint64_t* number) {
  const bool is_digits = !word.empty() && absl::c_all_of(word, absl::ascii_isdigit);
  return is_digits && (word[0] != '0' || word.size() == 1) && absl::SimpleAtoi(word, number);
}

absl::Status Damaged(size_t offset, absl::string_view what) {
  return absl::DataLossError(absl::StrCat("byte ", offset, ": ", what));
}

}  // namespace

std::string FrameSnapshot(absl::string_view body) { return absl::StrCat(HeaderOf(body), body); }

absl::StatusOr<absl::string_view> UnframeSnapshot(absl::string_view bytes) {
  if (bytes.empty()) return absl::DataLossError("is empty");
  if (!absl::StartsWith(bytes, kMagic)) {
    return Damaged(0, "is not a snapshot: it does not begin with \"nines-snapshot \"");
  }
  const size_t line_end = bytes.substr(0, kMaxHeaderBytes).find('\n');
  if (line_end == absl::string_view::npos) return Damaged(kMagic.size(), "the first line is cut");
  const std::vector<absl::string_view> words =
      absl::StrSplit(bytes.substr(kMagic.size(), line_end - kMagic.size()), ' ');
  uint64_t version = 0;
  if (words[0].size() > kMaxVersionDigits || !ParseNumber(words[0], &version) || version == 0) {
    return Damaged(kMagic.size(), "the format version is no number");
  }
  // Before all else: what follows may mean anything there.
  if (version > kSnapshotVersion) {
    return absl::UnimplementedError(
        absl::StrCat("has format version ", version, "; this program reads versions up to ",
                     kSnapshotVersion, ": a later version of nines wrote it"));
  }
  uint64_t size = 0;
  if (words.size() != 3 || !ParseNumber(words[1], &size)) {
    return Damaged(kMagic.size() + words[0].size() + 1, "the first line is not one of version 1");
  }
  const absl::string_view body = bytes.substr(line_end + 1);
  if (body.size() != size) {
    return Damaged(bytes.size(), absl::StrCat("ends after ", body.size(), " bytes of content; ",
                                              size, " were written"));
  }
  const std::string header = HeaderOf(body);
  if (!absl::StartsWith(bytes, header)) {
    return Damaged(line_end - words[2].size(),
                   absl::StrCat("checksum mismatch: the content has ",
                                absl::StripAsciiWhitespace(header.substr(header.rfind(' ') + 1)),
                                ": some of it is not what was written"));
  }
  return body;
}

}  // namespace nines

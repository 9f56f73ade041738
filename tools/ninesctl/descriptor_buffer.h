// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <streambuf>
#include <string>

namespace nines::ctl {

/// The buffer of a stream to a descriptor that, unlike std::cout's, remembers why a write failed.
/// What is not flushed when it ends is dropped. Thread-compatible.
class DescriptorBuffer final : public std::streambuf {
 public:
  /// `descriptor` outlives the buffer.
  explicit DescriptorBuffer(int descriptor) : descriptor_(descriptor) {}

  /// errno of the first write that failed; 0: none did.
  int error() const { return error_; }

 private:
  int_type overflow(int_type c) override;
  std::streamsize xsputn(const char* text, std::streamsize size) override;
  int sync() override;

  const int descriptor_;
  int error_ = 0;
  std::string unwritten_;
};

}  // namespace nines::ctl

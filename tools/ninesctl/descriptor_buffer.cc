// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "ninesctl/descriptor_buffer.h"

#include <unistd.h>

#include <cerrno>

namespace nines::ctl {

DescriptorBuffer::int_type DescriptorBuffer::overflow(int_type c) {
  if (!traits_type::eq_int_type(c, traits_type::eof())) unwritten_ += traits_type::to_char_type(c);
  return traits_type::not_eof(c);
}

std::streamsize DescriptorBuffer::xsputn(const char* text, std::streamsize size) {
  unwritten_.append(text, static_cast<size_t>(size));
  return size;
}

int DescriptorBuffer::sync() {
  size_t done = 0;
  while (done < unwritten_.size() && error_ == 0) {
    const ssize_t written = write(descriptor_, unwritten_.data() + done, unwritten_.size() - done);
    if (written >= 0) {
      done += static_cast<size_t>(written);
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
  unwritten_.clear();
  return error_ == 0 ? 0 : -1;
}

}  // namespace nines::ctl

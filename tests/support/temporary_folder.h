// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

namespace nines {

// A folder of the test's own, gone with it.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_(Make()) {}
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const { return path_; }

  // "<folder>/<name>".
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

  // In place, as editors that keep the inode do.
  void Write(std::string_view name, std::string_view text) const {
    std::ofstream(*this / name, std::ios::binary | std::ios::trunc) << text;
  }

  // Beside it, and renamed over it: no reader sees half of it.
  void Replace(std::string_view name, std::string_view text) const {
    const std::string fresh = std::string(name) + ".new";
    Write(fresh, text);
    std::filesystem::rename(*this / fresh, *this / name);
  }

 private:
  static std::string Make() {
    std::string path = std::filesystem::temp_directory_path() / "nines-XXXXXX";
    return mkdtemp(path.data()) != nullptr ? path : std::string("/nonexistent");
  }

  const std::string path_;
};

}  // namespace nines

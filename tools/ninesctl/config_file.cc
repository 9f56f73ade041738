// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "ninesctl/config_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace nines::ctl {
namespace {

// At most one byte more than is allowed: enough to know that it is too long.
std::optional<std::string> ReadAll(std::istream& in) {
  std::string text(kMaxServiceConfigBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return std::nullopt;
  text.resize(static_cast<size_t>(in.gcount()));
  return text;
}

absl::Status Unreadable(const std::string& path) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": cannot be read: ", std::strerror(errno)));
}

}  // namespace

absl::StatusOr<std::string> ReadConfigText(const std::string& path, std::istream& in) {
  errno = 0;
  std::ifstream file;
  if (path != "-") file.open(path, std::ios::binary);
  if (path != "-" && !file.is_open()) return Unreadable(path);
  std::optional<std::string> text = ReadAll(path == "-" ? in : file);
  if (!text.has_value()) return Unreadable(path);
  if (text->size() > kMaxServiceConfigBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": is longer than a service config may be: ", kMaxServiceConfigBytes, " bytes"));
  }
  return *std::move(text);
}

absl::StatusOr<ServiceConfig> ReadConfigOrAssumeHash(const std::string& path, std::istream& in) {
  if (path.empty()) {
    ServiceConfig assumed;
    assumed.balancer.algorithm = HashConfig{};
    return assumed;
  }
  const absl::StatusOr<std::string> text = ReadConfigText(path, in);
  if (!text.ok()) return text.status();
  absl::StatusOr<ServiceConfig> config = ParseServiceConfig(*text);
  if (config.ok()) return config;
  const std::string name = absl::StrCat(path == "-" ? "stdin" : path, ": ");
  return absl::InvalidArgumentError(absl::StrCat(
      name, absl::StrReplaceAll(config.status().message(), {{"\n", absl::StrCat("\n", name)}})));
}

}  // namespace nines::ctl

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <istream>
#include <string>

#include "absl/status/statusor.h"
#include "nines/config.h"

namespace nines::ctl {

/// The text of the file at `path`, "-" for `in`. InvalidArgument, naming the file, if it cannot be
/// read or is longer than a service config may be.
absl::StatusOr<std::string> ReadConfigText(const std::string& path, std::istream& in);

/// What a command that takes --config works with: the file's config, or policy hash where there is
/// no file, because a call's way and a key's move are what these commands are asked about, and
/// under the SDK's own default (random) no call has either. InvalidArgument with every problem, the
/// file's name before each.
absl::StatusOr<ServiceConfig> ReadConfigOrAssumeHash(const std::string& path, std::istream& in);

}  // namespace nines::ctl

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/client.h"

#include <utility>

namespace nines {

absl::StatusOr<std::shared_ptr<Client>> Client::Create(absl::string_view target,
                                                       ClientOptions options) {
  if (options.registry == nullptr) options.registry = &BuiltinRegistry();
  if (options.event_loop == nullptr) {
    auto loop = SharedEventLoop();
    if (!loop.ok()) return loop.status();
    options.event_loop = *std::move(loop);
  }
  return CreateClientFromParts(target, std::move(options));
}

}  // namespace nines

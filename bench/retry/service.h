// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "nines/client.h"

namespace nines::bench {

/// A ready client of `count` endpoints that only the attempts' function knows: no network, so that
/// what is measured is the client. The first endpoint is at kFirstAddress.
inline constexpr absl::string_view kFirstAddress = "127.0.0.1:1";

inline absl::StatusOr<std::shared_ptr<Client>> MakeClient(int count, absl::string_view config) {
  std::vector<std::string> addresses;
  for (int port = 1; port <= count; ++port) addresses.push_back(absl::StrCat("127.0.0.1:", port));
  ClientOptions options;
  options.service_config_json = std::string(config);
  absl::StatusOr<std::shared_ptr<Client>> client =
      Client::Create(absl::StrCat("static:///", absl::StrJoin(addresses, ",")), std::move(options));
  if (!client.ok()) return client;
  const absl::Status ready = (*client)->WaitUntilReady(absl::Seconds(10));
  if (!ready.ok()) return ready;
  return client;
}

}  // namespace nines::bench

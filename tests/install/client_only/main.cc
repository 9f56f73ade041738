// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// A program outside the tree that uses the SDK without gRPC: the first endpoint is down, and the
// call is made on the second. Exit status 0: it went as documented.

#include <nines/client.h>

#include <iostream>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace {

int Fail(const absl::Status& status) {
  std::cerr << status << "\n";
  return 1;
}

}  // namespace

int main() {
  absl::StatusOr<std::shared_ptr<nines::Client>> client = nines::Client::Create(
      "static:///127.0.0.1:7001,127.0.0.1:7002",
      {.service_config_json = R"({"loadBalancingConfig": [{"nines": {"hash": {}}}]})"});
  if (!client.ok()) return Fail(client.status());
  absl::Status ready = (*client)->WaitUntilReady(absl::Seconds(10));
  if (!ready.ok()) return Fail(ready);

  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  const nines::Call call = {.method = "/cache/get", .hash_key = "user-1", .deadline = deadline};
  std::set<std::string> tried;
  auto attempt_once = [&](const nines::Attempt& attempt) {
    tried.insert(attempt.endpoint.address);
    if (attempt.number > 1) return absl::OkStatus();
    return nines::MarkUnprocessed(absl::UnavailableError("connection refused"));
  };
  absl::Status status = (*client)->Run(call, attempt_once);
  if (!status.ok()) return Fail(status);
  if (tried.size() != 2) return Fail(absl::InternalError("the retry went to the same endpoint"));

  nines::ClientOptions not_json = {.service_config_json = "{"};
  absl::Status refused = nines::Client::Create("static:///127.0.0.1:7001", not_json).status();
  if (refused.code() != absl::StatusCode::kInvalidArgument) {
    return Fail(absl::InternalError("a config that is not JSON was not refused"));
  }
  (*client)->Shutdown();
  std::cout << "client_only: ok\n";
  return 0;
}

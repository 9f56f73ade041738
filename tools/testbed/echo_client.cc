// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "testbed/echo_client.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"

namespace nines::testbed {

absl::StatusOr<EchoReply> MakeCall(const std::shared_ptr<::grpc::Channel>& channel,
                                   const EchoCall& call) {
  ::grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + call.deadline));
  if (call.prepare) call.prepare(context);
  EchoRequest request;
  request.set_message(call.message);
  request.set_want_metadata(call.want_metadata);
  EchoReply reply;
  const ::grpc::Status status = Echo::NewStub(channel)->Unary(&context, request, &reply);
  if (status.ok()) return reply;
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

absl::Status WarmUp(const std::shared_ptr<::grpc::Channel>& channel, size_t backends) {
  constexpr absl::Duration kPatience = absl::Seconds(10);
  const absl::Time deadline = absl::Now() + kPatience;
  std::set<std::string> seen;
  absl::Status last_error;
  while (absl::Now() < deadline) {
    const absl::StatusOr<EchoReply> reply = MakeCall(channel);
    if (reply.ok()) {
      seen.insert(reply->backend());
    } else {
      last_error = reply.status();
    }
    if (seen.size() >= backends) return absl::OkStatus();
  }
  return absl::DeadlineExceededError(
      absl::StrCat("of ", backends, " backends only {", absl::StrJoin(seen, ", "),
                   "} answered; last error: ", last_error.ToString()));
}

}  // namespace nines::testbed

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "testbed/far_host.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace nines::testbed {
namespace {

// TEST-NET-1 (RFC 5737): nobody's.
constexpr char kOurAddress[] = "192.0.2.1/24";
constexpr char kItsHost[] = "192.0.2.2";
constexpr char kItsAddress[] = "192.0.2.2/24";
// Locally administered; said in advance, so that we need not ask for it: see LayCable().
constexpr char kItsHardwareAddress[] = "02:00:00:00:00:02";
constexpr char kOurHardwareAddress[] = "02:00:00:00:00:01";
constexpr char kOurEnd[] = "far";
constexpr char kItsEnd[] = "near";

constexpr absl::Duration kPatience = absl::Seconds(20);

using Stream = ChildProcess::Stream;

absl::Status Run(const std::vector<std::string>& command) {
  const absl::StatusOr<std::unique_ptr<ChildProcess>> child = ChildProcess::Start(
      {.args = command, .stdout_to = Stream::kPipe, .stderr_to = Stream::kPipe});
  if (!child.ok()) return child.status();
  const absl::StatusOr<int> exit_status = (*child)->Wait(kPatience);
  if (!exit_status.ok()) return exit_status.status();
  if (*exit_status == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(absl::StrJoin(command, " "), ": ",
                   (*child)->ReadLine(absl::ZeroDuration()).value_or("it failed")));
}

}  // namespace

absl::StatusOr<std::unique_ptr<FarHost>> FarHost::Start() {
  absl::StatusOr<std::unique_ptr<ChildProcess>> holder =
      ChildProcess::Start({.args = {"unshare", "--net", "--", "sh", "-c", "echo ready; exec cat"},
                           .stdin_from = Stream::kPipe,
                           .stdout_to = Stream::kPipe,
                           .stderr_to = Stream::kPipe});
  if (!holder.ok()) return holder.status();
  const absl::StatusOr<std::string> line = (*holder)->ReadLine(kPatience);
  if (!line.ok()) return line.status();
  if (*line != "ready") return absl::FailedPreconditionError(*line);
  std::unique_ptr<FarHost> host(new FarHost(*std::move(holder)));
  if (absl::Status status = host->LayCable(); !status.ok()) return status;
  return host;
}

std::string FarHost::address() const { return kItsHost; }

std::vector<std::string> FarHost::launcher() const {
  return {"nsenter", absl::StrCat("--net=/proc/", holder_->pid(), "/ns/net"), "--"};
}

// The neighbours are permanent, as a router in between would be: who is cut off would otherwise be
// missed after some seconds, when it answers no ARP, and connections would fail instead of hang.
absl::Status FarHost::LayCable() {
  const std::vector<std::vector<std::string>> ours = {
      {"ip", "link", "add", kOurEnd, "address", kOurHardwareAddress, "type", "veth", "peer", "name",
       kItsEnd, "address", kItsHardwareAddress, "netns", absl::StrCat(holder_->pid())},
      {"ip", "address", "add", kOurAddress, "dev", kOurEnd},
      {"ip", "link", "set", kOurEnd, "up"},
      {"ip", "neighbour", "replace", kItsHost, "lladdr", kItsHardwareAddress, "nud", "permanent",
       "dev", kOurEnd},
  };
  for (const std::vector<std::string>& command : ours) {
    if (absl::Status status = Run(command); !status.ok()) return status;
  }
  if (absl::Status status = RunThere({"ip", "link", "set", kItsEnd, "up"}); !status.ok()) {
    return status;
  }
  return Mend();
}

// Without its address, it takes the packets for somebody else's and drops them, and sends none for
// lack of a source; sockets stay as they are.
absl::Status FarHost::Cut() {
  return RunThere({"ip", "address", "delete", kItsAddress, "dev", kItsEnd});
}

absl::Status FarHost::Mend() {
  return RunThere({"ip", "address", "add", kItsAddress, "dev", kItsEnd});
}

absl::Status FarHost::RunThere(const std::vector<std::string>& command) {
  std::vector<std::string> words = launcher();
  words.insert(words.end(), command.begin(), command.end());
  return Run(words);
}

}  // namespace nines::testbed

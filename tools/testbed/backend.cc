// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "testbed/backend.h"

#include <signal.h>
#include <sys/wait.h>

#include <cerrno>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace nines::testbed {
namespace {

/// For a process to start, answer or end: far longer than it takes, for machines that are busy.
constexpr absl::Duration kPatience = absl::Seconds(20);

}  // namespace

absl::StatusOr<std::unique_ptr<Backend>> Backend::Start(Options options) {
  std::unique_ptr<Backend> backend(new Backend(std::move(options)));
  if (absl::Status status = backend->Restart(); !status.ok()) return status;
  return backend;
}

absl::Status Backend::Restart() {
  process_.reset();
  absl::StatusOr<std::unique_ptr<ChildProcess>> process = ChildProcess::Start({
      .args = {NINES_TESTBED_BACKEND, absl::StrCat("--name=", options_.name),
               absl::StrCat("--listen=", options_.address),
               absl::StrCat("--health=", options_.has_health_service ? "true" : "false"),
               absl::StrCat("--tls_certificate=", options_.tls_certificate),
               absl::StrCat("--tls_key=", options_.tls_key)},
      .stdin_from = ChildProcess::Stream::kPipe,
      .stdout_to = ChildProcess::Stream::kPipe,
      // gRPC's log of connections that a fault broke; the backend's own errors are on stdout.
      .stderr_to = ChildProcess::Stream::kNull,
  });
  if (!process.ok()) return process.status();
  const absl::StatusOr<std::string> line = (*process)->ReadLine(kPatience);
  if (!line.ok()) return line.status();
  if (*line != "ready")
    return absl::UnavailableError(absl::StrCat(NINES_TESTBED_BACKEND, ": ", *line));
  process_ = *std::move(process);
  return absl::OkStatus();
}

absl::Status Backend::Kill() {
  if (process_ == nullptr) return absl::FailedPreconditionError("the backend does not run");
  process_.reset();
  return absl::OkStatus();
}

absl::Status Backend::Hang() {
  if (process_ == nullptr) return absl::FailedPreconditionError("the backend does not run");
  if (absl::Status status = process_->Signal(SIGSTOP); !status.ok()) return status;
  // The signal only asks; until then calls are answered. WNOWAIT leaves the process's end, if that
  // is what came, to be reaped by ChildProcess.
  siginfo_t state = {};
  if (waitid(P_PID, static_cast<id_t>(process_->pid()), &state, WSTOPPED | WEXITED | WNOWAIT) !=
      0) {
    return absl::ErrnoToStatus(errno, "waitid");
  }
  return absl::OkStatus();
}

absl::Status Backend::Resume() {
  if (process_ == nullptr) return absl::FailedPreconditionError("the backend does not run");
  return process_->Signal(SIGCONT);
}

absl::Status Backend::AnswerOk() { return CommandDone("ok"); }

absl::Status Backend::AnswerWith(const std::string& status_code) {
  return CommandDone(absl::StrCat("fail ", status_code));
}

absl::Status Backend::AnswerAfter(absl::Duration delay) {
  return CommandDone(absl::StrCat("slow ", absl::ToDoubleSeconds(delay)));
}

absl::Status Backend::SayServing() { return CommandDone("serving"); }

absl::Status Backend::SayNotServing() { return CommandDone("not_serving"); }

absl::StatusOr<uint64_t> Backend::CallsReceived() {
  const absl::StatusOr<std::string> reply = Command("stats");
  if (!reply.ok()) return reply.status();
  absl::string_view text = *reply;
  uint64_t calls = 0;
  if (!absl::ConsumePrefix(&text, "calls ") || !absl::SimpleAtoi(text, &calls)) {
    return absl::InternalError(absl::StrCat("the backend's statistics read \"", *reply, "\""));
  }
  return calls;
}

absl::StatusOr<std::string> Backend::Command(const std::string& line) {
  if (process_ == nullptr) return absl::FailedPreconditionError("the backend does not run");
  if (absl::Status status = process_->WriteStdin(absl::StrCat(line, "\n")); !status.ok()) {
    return status;
  }
  return process_->ReadLine(kPatience);
}

absl::Status Backend::CommandDone(const std::string& line) {
  const absl::StatusOr<std::string> reply = Command(line);
  if (!reply.ok()) return reply.status();
  if (*reply == "done") return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("\"", line, "\": ", *reply));
}

}  // namespace nines::testbed

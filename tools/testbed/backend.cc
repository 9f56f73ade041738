// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "testbed/backend.h"

#include <signal.h>
#include <sys/wait.h>

#include <cerrno>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace nines::testbed {
namespace {

/// For a process to start, answer or end: far longer than it takes, for machines that are busy.
constexpr absl::Duration kPatience = absl::Seconds(20);

std::vector<std::string> CommandLine(const Backend::Options& options) {
  std::vector<std::string> words = options.launcher;
  words.insert(words.end(),
               {NINES_TESTBED_BACKEND, absl::StrCat("--name=", options.name),
                absl::StrCat("--listen=", options.address),
                absl::StrCat("--health=", options.has_health_service ? "true" : "false"),
                absl::StrCat("--tls_certificate=", options.tls_certificate),
                absl::StrCat("--tls_key=", options.tls_key)});
  return words;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Backend>> Backend::Start(Options options) {
  std::unique_ptr<Backend> backend(new Backend(std::move(options)));
  if (absl::Status status = backend->Restart(); !status.ok()) return status;
  return backend;
}

absl::Status Backend::Restart() {
  process_.reset();
  absl::StatusOr<std::unique_ptr<ChildProcess>> process = ChildProcess::Start({
      .args = CommandLine(options_),
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

absl::Status Backend::AnswerWith(const std::string& status_code, int percent) {
  return CommandDone(absl::StrCat("fail ", status_code, " ", percent));
}

absl::Status Backend::AnswerWith(const std::string& status_code, const std::string& trailer,
                                 const std::string& value) {
  const std::string answer = status_code.empty() ? "ok" : absl::StrCat("fail ", status_code);
  return CommandDone(absl::StrCat(answer, " with ", trailer, " ", absl::BytesToHexString(value)));
}

absl::Status Backend::AnswerAfter(absl::Duration delay, int percent) {
  return CommandDone(absl::StrCat("slow ", absl::ToDoubleSeconds(delay), " ", percent));
}

absl::Status Backend::SayServing() { return CommandDone("serving"); }

absl::Status Backend::SayNotServing() { return CommandDone("not_serving"); }

absl::StatusOr<uint64_t> Backend::CallsReceived() {
  const absl::StatusOr<Statistics> statistics = ReadStatistics();
  if (!statistics.ok()) return statistics.status();
  return statistics->calls;
}

absl::StatusOr<uint64_t> Backend::CallsFailed() {
  const absl::StatusOr<Statistics> statistics = ReadStatistics();
  if (!statistics.ok()) return statistics.status();
  return statistics->failed;
}

absl::StatusOr<Backend::Statistics> Backend::ReadStatistics() {
  const absl::StatusOr<std::string> reply = Command("stats");
  if (!reply.ok()) return reply.status();
  const std::vector<absl::string_view> words = absl::StrSplit(*reply, ' ');
  Statistics statistics;
  if (words.size() != 4 || words[0] != "calls" || words[2] != "failed" ||
      !absl::SimpleAtoi(words[1], &statistics.calls) ||
      !absl::SimpleAtoi(words[3], &statistics.failed)) {
    return absl::InternalError(absl::StrCat("the backend's statistics read \"", *reply, "\""));
  }
  return statistics;
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

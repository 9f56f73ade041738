// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "testbed/http_server.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace nines::testbed {

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start() {
  constexpr absl::Duration kPatience = absl::Seconds(20);
  absl::StatusOr<std::unique_ptr<ChildProcess>> process =
      ChildProcess::Start({.args = {NINES_TESTBED_HTTP_SERVER},
                           .stdin_from = ChildProcess::Stream::kPipe,
                           .stdout_to = ChildProcess::Stream::kPipe,
                           .stderr_to = ChildProcess::Stream::kPipe});
  if (!process.ok()) return process.status();
  const absl::StatusOr<std::string> line = (*process)->ReadLine(kPatience);
  if (!line.ok()) return line.status();
  absl::string_view text = *line;
  int port = 0;
  if (!absl::ConsumePrefix(&text, "port ") || !absl::SimpleAtoi(text, &port)) {
    return absl::UnavailableError(absl::StrCat(NINES_TESTBED_HTTP_SERVER, ": ", *line));
  }
  return std::unique_ptr<HttpServer>(new HttpServer(*std::move(process), port));
}

}  // namespace nines::testbed

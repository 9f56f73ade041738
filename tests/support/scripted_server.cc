// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "support/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <utility>

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace nines {
namespace {

bool SendAll(int connection, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

/// Up to the empty line, or the end; of what is no GET (a TLS handshake), the first byte.
std::string ReadRequest(int connection) {
  std::string request;
  char byte;
  while (!absl::EndsWith(request, "\r\n\r\n") && read(connection, &byte, 1) == 1) {
    request.push_back(byte);
    if (request.front() != 'G') break;
  }
  return request;
}

/// Whether the other side's end comes without an error.
bool ReadToEnd(int connection) {
  char buffer[256];
  ssize_t count;
  do {
    count = read(connection, buffer, sizeof(buffer));
  } while (count > 0);
  return count == 0;
}

}  // namespace

ScriptedServer::ScriptedServer(Script script, absl::string_view host) : script_(std::move(script)) {
  Listen(host);
  thread_ = std::thread([this] { Serve(); });
}

ScriptedServer::~ScriptedServer() {
  {
    const std::lock_guard<std::mutex> lock(mu_);
    is_stopping_ = true;
    if (connection_ >= 0) shutdown(connection_, SHUT_RDWR);
  }
  shutdown(listener_, SHUT_RDWR);  // accept() ends
  thread_.join();
  for (const int connection : deaf_) close(connection);
  close(listener_);
  if (!path_.empty()) unlink(path_.c_str());
}

void ScriptedServer::Listen(absl::string_view host) {
  sockaddr_storage name = {};
  socklen_t size = sizeof(sockaddr_in);
  if (host == "127.0.0.1") {
    name.ss_family = AF_INET;
    reinterpret_cast<sockaddr_in&>(name).sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  } else if (host == "::1") {
    name.ss_family = AF_INET6;
    reinterpret_cast<sockaddr_in6&>(name).sin6_addr = in6addr_loopback;
    size = sizeof(sockaddr_in6);
  } else {
    name.ss_family = AF_UNIX;
    path_ = std::string(host);
    EXPECT_LT(path_.size(), sizeof(sockaddr_un::sun_path));
    path_.copy(reinterpret_cast<sockaddr_un&>(name).sun_path, path_.size());
    unlink(path_.c_str());
    size = sizeof(sockaddr_un);
  }
  listener_ = socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  is_listening_ =
      bind(listener_, reinterpret_cast<sockaddr*>(&name), size) == 0 && listen(listener_, 256) == 0;
  getsockname(listener_, reinterpret_cast<sockaddr*>(&name), &size);
  // The port is at the same place for both kinds of IP.
  const int port = ntohs(reinterpret_cast<sockaddr_in&>(name).sin_port);
  if (!path_.empty()) {
    address_ = absl::StrCat("unix:", path_);
  } else {
    address_ = absl::StrCat(host == "::1" ? "[::1]" : host, ":", port);
  }
}

std::string ScriptedServer::request() const {
  const std::lock_guard<std::mutex> lock(mu_);
  return request_;
}

int ScriptedServer::connections() const {
  const std::lock_guard<std::mutex> lock(mu_);
  return connections_;
}

int ScriptedServer::requests() const {
  const std::lock_guard<std::mutex> lock(mu_);
  return requests_;
}

bool ScriptedServer::WaitForCleanClose() {
  EXPECT_TRUE(first_end_.Wait());
  const std::lock_guard<std::mutex> lock(mu_);
  return was_clean_;
}

void ScriptedServer::SetConnection(int connection) {
  const std::lock_guard<std::mutex> lock(mu_);
  connection_ = connection;
  if (connection < 0) return;
  ++connections_;
  if (is_stopping_) shutdown(connection, SHUT_RDWR);
}

void ScriptedServer::Serve() {
  while (true) {
    const int connection = accept(listener_, nullptr, nullptr);
    if (connection < 0) return;
    SetConnection(connection);
    if (script_.end == Script::End::kDeaf) {
      AnswerOne(connection);
      deaf_.push_back(connection);
      SetConnection(-1);
      continue;
    }
    const bool was_clean = Answer(connection);
    SetConnection(-1);
    close(connection);
    if (first_end_.is_open()) continue;
    {
      const std::lock_guard<std::mutex> lock(mu_);
      was_clean_ = was_clean;
    }
    first_end_.Open();
  }
}

bool ScriptedServer::AnswerOne(int connection) {
  std::string request = ReadRequest(connection);
  int number = 0;
  {
    const std::lock_guard<std::mutex> lock(mu_);
    if (request.empty() && requests_ != 0) return false;
    request_ = std::move(request);
    number = ++requests_;
  }
  const bool is_answered = number <= script_.answers;
  return (is_answered || script_.end == Script::End::kDeaf) &&
         (!is_answered || SendAll(connection, script_.answer));
}

bool ScriptedServer::Answer(int connection) {
  if (!AnswerOne(connection)) return false;
  while (script_.end == Script::End::kRepeat) {
    if (!SendAll(connection, script_.repeated)) return false;
  }
  while (script_.end == Script::End::kNext) {
    if (!AnswerOne(connection)) return true;
  }
  if (script_.end == Script::End::kClose) shutdown(connection, SHUT_WR);
  return ReadToEnd(connection);
}

}  // namespace nines

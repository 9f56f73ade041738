// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "testbed/fake_name_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace nines::testbed {
namespace {

constexpr size_t kHeaderSize = 12;
constexpr size_t kCutSize = 512;  // of a datagram without EDNS

std::string Number16(uint32_t number) {
  return {static_cast<char>(number >> 8), static_cast<char>(number)};
}

std::string EncodedName(absl::string_view name) {
  std::string encoded;
  for (const absl::string_view label : absl::StrSplit(name, '.')) {
    absl::StrAppend(&encoded, std::string(1, static_cast<char>(label.size())), label);
  }
  return encoded + '\0';
}

std::string EncodedData(const FakeRecord& record) {
  if (record.type == DnsType::kCname) return EncodedName(record.text);
  std::array<char, 16> address{};
  const bool is_ipv4 = record.type == DnsType::kA;
  inet_pton(is_ipv4 ? AF_INET : AF_INET6, record.text.c_str(), address.data());
  return std::string(address.data(), is_ipv4 ? 4 : 16);
}

std::string EncodedRecord(const FakeRecord& record) {
  const std::string data = EncodedData(record);
  return EncodedName(record.name) + Number16(static_cast<uint16_t>(record.type)) + Number16(1) +
         Number16(record.ttl >> 16) + Number16(record.ttl) +
         Number16(static_cast<uint32_t>(data.size())) + data;
}

// The length of the first question of a query, which follows the header; nothing if it has none.
std::optional<size_t> QuestionSize(absl::string_view query) {
  for (size_t i = kHeaderSize; i < query.size(); i += 1 + static_cast<uint8_t>(query[i])) {
    if (query[i] == '\0' && i + 5 <= query.size()) return i + 5 - kHeaderSize;
  }
  return std::nullopt;
}

std::string Encoded(const FakeReply& reply, absl::string_view id, absl::string_view question) {
  if (reply.kind == FakeReply::Kind::kGarbage) return absl::StrCat(id, "no DNS at all");
  std::string text(id);
  if (reply.kind == FakeReply::Kind::kWrongId) text[0] = static_cast<char>(text[0] ^ 1);
  const bool is_truncated = reply.kind == FakeReply::Kind::kTruncated;
  text += is_truncated ? '\x83' : '\x81';                          // a reply, recursion desired
  text += static_cast<char>(0x80 | static_cast<int>(reply.code));  // recursion available
  const size_t records = is_truncated ? 0 : reply.records.size();
  text += Number16(1) + Number16(static_cast<uint32_t>(records)) + Number16(0) + Number16(0);
  absl::StrAppend(&text, question);
  for (size_t i = 0; i < records; ++i) text += EncodedRecord(reply.records[i]);
  if (reply.kind == FakeReply::Kind::kCut && text.size() > kCutSize) text.resize(kCutSize);
  return text;
}

}  // namespace

FakeNameServer::FakeNameServer()
    : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), stop_fd_(eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in name = {};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(name);
  // Port 0: the kernel always has one.
  static_cast<void>(bind(fd_, reinterpret_cast<sockaddr*>(&name), size));
  getsockname(fd_, reinterpret_cast<sockaddr*>(&name), &size);
  address_ = absl::StrCat("127.0.0.1:", ntohs(name.sin_port));
  thread_ = std::thread([this] { Serve(); });
}

FakeNameServer::~FakeNameServer() {
  eventfd_write(stop_fd_, 1);
  thread_.join();
  close(stop_fd_);
  close(fd_);
}

void FakeNameServer::SetReply(DnsType type, FakeReply reply) {
  const std::lock_guard<std::mutex> lock(mu_);
  replies_[type] = std::move(reply);
}

FakeReply FakeNameServer::ReplyTo(DnsType type) {
  const std::lock_guard<std::mutex> lock(mu_);
  return replies_[type];
}

bool FakeNameServer::IsStoppedWithin(absl::Duration time) const {
  pollfd stop = {stop_fd_, POLLIN, 0};
  return poll(&stop, 1, static_cast<int>(absl::ToInt64Milliseconds(time))) != 0;
}

void FakeNameServer::Serve() {
  for (;;) {
    std::array<pollfd, 2> ready = {pollfd{fd_, POLLIN, 0}, pollfd{stop_fd_, POLLIN, 0}};
    poll(ready.data(), ready.size(), -1);
    if (ready[1].revents != 0) return;
    ServeOne();
  }
}

void FakeNameServer::ServeOne() {
  std::array<char, 512> buffer;
  sockaddr_in from = {};
  socklen_t from_size = sizeof(from);
  const ssize_t received = recvfrom(fd_, buffer.data(), buffer.size(), 0,
                                    reinterpret_cast<sockaddr*>(&from), &from_size);
  const absl::string_view query(buffer.data(), received < 0 ? 0 : static_cast<size_t>(received));
  const std::optional<size_t> question_size = QuestionSize(query);
  if (!question_size.has_value()) return;
  ++questions_;
  if (query[kHeaderSize - 1] != 0) ++edns_questions_;  // its only additional record
  const absl::string_view question = query.substr(kHeaderSize, *question_size);
  const auto type = static_cast<DnsType>(question[question.size() - 3]);
  const FakeReply reply = ReplyTo(type);
  if (reply.kind == FakeReply::Kind::kSilence || IsStoppedWithin(reply.delay)) return;
  const std::string text = Encoded(reply, query.substr(0, 2), question);
  sendto(fd_, text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&from), from_size);
}

}  // namespace nines::testbed

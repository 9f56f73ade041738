// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace nines::testbed {

// Numbers of the DNS (RFC 1035, RFC 3596).
enum class DnsType : uint16_t { kA = 1, kCname = 5, kAaaa = 28 };
enum class DnsCode : uint8_t { kOk = 0, kServerFailure = 2, kNoSuchName = 3 };

struct FakeRecord {
  std::string name;
  DnsType type;
  uint32_t ttl;
  std::string text;  // "127.0.0.1", "::1" or a name
};

struct FakeReply {
  enum class Kind {
    kAnswer,
    kSilence,
    kGarbage,
    kWrongId,    // the answer to another question
    kTruncated,  // "ask by TCP", where nobody answers
    kCut,        // at 512 bytes, without saying so
  };
  Kind kind = Kind::kAnswer;
  DnsCode code = DnsCode::kOk;
  std::vector<FakeRecord> records = {};
  absl::Duration delay = absl::ZeroDuration();  // of this answer, and of those asked for meanwhile
};

// A name server on a free UDP port of 127.0.0.1 that says what a test wants to hear: what no real
// server can be made to say. One reply for each type of question, whatever the name. Thread-safe.
class FakeNameServer {
 public:
  FakeNameServer();
  FakeNameServer(const FakeNameServer&) = delete;
  FakeNameServer& operator=(const FakeNameServer&) = delete;
  ~FakeNameServer();

  // "127.0.0.1:<port>".
  const std::string& address() const { return address_; }

  // From now on. Without it: no records, which means that the name has none of that type.
  void SetReply(DnsType type, FakeReply reply);

  int questions() const { return questions_; }
  // Of these, with EDNS (RFC 6891).
  int edns_questions() const { return edns_questions_; }

 private:
  void Serve();
  void ServeOne();
  bool IsStoppedWithin(absl::Duration time) const;
  FakeReply ReplyTo(DnsType type);

  const int fd_;
  const int stop_fd_;  // readable: the server ends
  std::string address_;
  std::atomic<int> questions_{0};
  std::atomic<int> edns_questions_{0};
  std::mutex mu_;
  std::map<DnsType, FakeReply> replies_;  // guarded by mu_
  std::thread thread_;
};

}  // namespace nines::testbed

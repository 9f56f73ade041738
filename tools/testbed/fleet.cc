// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "testbed/fleet.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "testbed/free_port.h"

namespace nines::testbed {
namespace {

std::string HostOf(size_t index) { return absl::StrCat("127.0.0.", index + 2); }

std::vector<std::string> Hosts(size_t size) {
  std::vector<std::string> hosts;
  for (size_t i = 0; i < size; ++i) hosts.push_back(HostOf(i));
  return hosts;
}

absl::StatusOr<std::vector<std::unique_ptr<Backend>>> StartBackends(size_t size, int port) {
  std::vector<std::unique_ptr<Backend>> backends;
  for (size_t i = 0; i < size; ++i) {
    absl::StatusOr<std::unique_ptr<Backend>> backend = Backend::Start(
        {.name = absl::StrCat("b", i + 1), .address = absl::StrCat(HostOf(i), ":", port)});
    if (!backend.ok()) return backend.status();
    backends.push_back(*std::move(backend));
  }
  return backends;
}

absl::Status InjectOne(const Fault& fault, Backend& backend) {
  switch (fault.kind) {
    case Fault::Kind::kKill:
      return backend.Kill();
    case Fault::Kind::kHang:
      return backend.Hang();
    case Fault::Kind::kErrors:
      return backend.AnswerWith("UNAVAILABLE");
    case Fault::Kind::kSlow:
      return backend.AnswerAfter(fault.delay);
  }
  return absl::InternalError("no such fault");
}

absl::Status HealOne(const Fault& fault, Backend& backend) {
  switch (fault.kind) {
    case Fault::Kind::kKill:
      return backend.Restart();
    case Fault::Kind::kHang:
      return backend.Resume();
    case Fault::Kind::kErrors:
    case Fault::Kind::kSlow:
      return backend.AnswerOk();
  }
  return absl::InternalError("no such fault");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Fleet>> Fleet::Start(size_t size) {
  constexpr int kTries = 5;  // another process may take the port between the search and the start
  absl::Status status;
  for (int i = 0; i < kTries; ++i) {
    const absl::StatusOr<int> port = FindFreePort(Hosts(size));
    if (!port.ok()) return port.status();
    absl::StatusOr<std::vector<std::unique_ptr<Backend>>> backends = StartBackends(size, *port);
    if (backends.ok()) return std::unique_ptr<Fleet>(new Fleet(*port, *std::move(backends)));
    status = backends.status();
  }
  return status;
}

std::vector<std::string> Fleet::hosts() const { return Hosts(size()); }

std::vector<std::string> Fleet::addresses() const {
  std::vector<std::string> addresses;
  for (const auto& backend : backends_) addresses.push_back(backend->address());
  return addresses;
}

absl::Status Inject(const Fault& fault, Fleet& fleet) {
  absl::Status status;
  for (size_t index : fault.backends) status.Update(InjectOne(fault, fleet.backend(index)));
  return status;
}

absl::Status Heal(const Fault& fault, Fleet& fleet) {
  absl::Status status;
  for (size_t index : fault.backends) status.Update(HealOne(fault, fleet.backend(index)));
  return status;
}

}  // namespace nines::testbed

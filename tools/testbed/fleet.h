// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "testbed/backend.h"

namespace nines::testbed {

/// Backends on 127.0.0.2, 127.0.0.3, …, all on one port, as the endpoints of one service are.
/// Thread-compatible. The processes end with the object.
class Fleet {
 public:
  /// Starts `size` backends, named "b1", "b2", …. REQUIRES: 1 <= size <= 250.
  static absl::StatusOr<std::unique_ptr<Fleet>> Start(size_t size);

  size_t size() const { return backends_.size(); }
  int port() const { return port_; }
  Backend& backend(size_t index) { return *backends_[index]; }

  /// "127.0.0.2", …
  std::vector<std::string> hosts() const;

  /// "127.0.0.2:port", …
  std::vector<std::string> addresses() const;

 private:
  Fleet(int port, std::vector<std::unique_ptr<Backend>> backends)
      : port_(port), backends_(std::move(backends)) {}

  const int port_;
  const std::vector<std::unique_ptr<Backend>> backends_;
};

/// Something that befalls some backends of a fleet.
struct Fault {
  enum class Kind {
    kKill,    // SIGKILL; healed by a restart
    kHang,    // SIGSTOP; healed by SIGCONT
    kErrors,  // each call answered UNAVAILABLE
    kSlow,    // each call answered `delay` later
  };
  Kind kind = Kind::kKill;
  std::vector<size_t> backends;                 // indexes
  absl::Duration delay = absl::ZeroDuration();  // kSlow only
};

/// Both return the first error, after having tried all backends of the fault.
absl::Status Inject(const Fault& fault, Fleet& fleet);
absl::Status Heal(const Fault& fault, Fleet& fleet);

}  // namespace nines::testbed

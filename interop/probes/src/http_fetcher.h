// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nines/event_loop.h"

namespace nines {

/// One GET, and where to send it.
struct HttpRequest {
  std::string url;      // its host goes into the Host header and is what TLS verifies
  std::string address;  // where to connect, as in Endpoint; REQUIRES: ParseSocketAddress takes it
  std::string ca_file;  // PEM; empty: the system's
};

/// What an answer may have before it is judged as it is: headers in bytes, then body in bytes. A
/// health page has a few hundred.
inline constexpr size_t kMaxHttpHeaderBytes = 64 << 10;
inline constexpr size_t kMaxHttpBodyBytes = 64 << 10;

/// Makes HTTP requests, many at a time, on an event loop: libcurl, of which no other file knows.
///
/// Confined to the loop's thread, but for its making and its end, which may be anywhere once all
/// fetches are gone.
class HttpFetcher {
 public:
  /// A request under way. Destroying it cancels; its callback does not run.
  class Fetch {
   public:
    virtual ~Fetch() = default;
  };
  /// Gets the answer's status code; or Unavailable, with what went wrong; or ResourceExhausted if
  /// that is this machine's lack of descriptors, ports or memory.
  using Callback = absl::AnyInvocable<void(absl::StatusOr<int>)>;

  /// `loop` outlives it. FailedPrecondition if libcurl cannot be set up.
  static absl::StatusOr<std::shared_ptr<HttpFetcher>> Create(EventLoop& loop);

  virtual ~HttpFetcher() = default;

  /// Sends a request on a connection of its own. `done` is called later, never from within, and may
  /// destroy the fetch. There is no timeout: the caller has one.
  [[nodiscard]] virtual std::unique_ptr<Fetch> Start(const HttpRequest& request, Callback done) = 0;
};

/// InvalidArgument, with the reason, if `url` is no http or https URL with a host.
absl::Status CheckHttpUrl(const std::string& url);

}  // namespace nines

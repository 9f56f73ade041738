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

/// What is fetched, from whichever address.
struct HttpPage {
  std::string url;      // its host goes into the Host header and is what TLS verifies
  std::string ca_file;  // PEM; empty: the system's
};

/// What an answer may have before it is judged as it is: headers in bytes, then body in bytes. A
/// health page has a few hundred.
inline constexpr size_t kMaxHttpHeaderBytes = 64 << 10;
inline constexpr size_t kMaxHttpBodyBytes = 64 << 10;

/// Gets one page from many addresses, many at a time, on an event loop: libcurl, of which none
/// but this, curl_easy and curl_fetch know. Connections are kept for the next fetch from the same
/// address, for a minute; but no more than an eighth of the process's descriptors, so those beyond
/// are closed after each fetch.
///
/// Confined to the loop's thread, but for its making, and for its end once all fetches are gone and
/// all addresses are forgotten, or the loop has ended.
class HttpFetcher {
 public:
  /// A request under way. Destroying it cancels, and closes its connection; its callback does not
  /// run.
  class Fetch {
   public:
    virtual ~Fetch() = default;

    /// Whether it went out on a connection that an earlier fetch has left; such a failure says
    /// nothing of the address.
    virtual bool is_on_kept_connection() const = 0;
  };
  /// Gets the answer's status code; or Unavailable, with what went wrong; or ResourceExhausted if
  /// that is this machine's lack of descriptors, ports or memory.
  using Callback = absl::AnyInvocable<void(absl::StatusOr<int>)>;

  enum class Connection { kKeptIfThereIsOne, kFresh };

  /// `loop` outlives it. FailedPrecondition if libcurl cannot be set up.
  static absl::StatusOr<std::shared_ptr<HttpFetcher>> Create(EventLoop& loop, HttpPage page);

  virtual ~HttpFetcher() = default;

  /// Sends a request. `done` is called later, never from within, and may destroy the fetch. There
  /// is no timeout: the caller has one. REQUIRES: ParseSocketAddress takes `address`.
  [[nodiscard]] virtual std::unique_ptr<Fetch> Start(const std::string& address,
                                                     Connection connection, Callback done) = 0;

  /// Ends the connection that is kept to `address`, if there is one.
  virtual void Forget(const std::string& address) = 0;
};

/// InvalidArgument, with the reason, if `url` is no http or https URL with a host.
absl::Status CheckHttpUrl(const std::string& url);

}  // namespace nines

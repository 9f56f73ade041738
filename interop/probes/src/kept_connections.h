// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "http_fetcher.h"
#include "nines/event_loop.h"

namespace nines {

/// How long a connection is kept: the fetch after that shows anew that the address accepts
/// connections, and that its certificate is valid.
inline constexpr absl::Duration kKeptConnectionLife = absl::Seconds(60);

/// Connections without TLS that fetches have left, and fetches on them. Not libcurl's, which takes
/// 60 µs for one, of which the system's share is 10: it looks through all the connections that it
/// has, and at each of them once a second.
///
/// Only simple answers (simple_answer.h) are understood; after any other the fetch fails, and its
/// connection is closed.
///
/// Confined to the loop's thread, but for its end when all are forgotten or the loop has ended.
class KeptConnections {
 public:
  /// `loop` outlives its connections.
  KeptConnections(EventLoop& loop, size_t most);
  KeptConnections(const KeptConnections&) = delete;
  KeptConnections& operator=(const KeptConnections&) = delete;
  ~KeptConnections();

  /// Takes `fd`, which is connected to `address` and does not block; instead of one that it had.
  /// Closes it if there are too many.
  void Keep(const std::string& address, int fd);

  /// Whether there is a connection to `address` that is not too old.
  bool Has(const std::string& address) const;

  /// Sends `request` on the connection to `address`. As HttpFetcher::Start(). REQUIRES: Has().
  std::unique_ptr<HttpFetcher::Fetch> Start(const std::string& address, const std::string& request,
                                            HttpFetcher::Callback done);

  /// Closes the connection to `address`. A fetch on it does not end by that.
  void Forget(const std::string& address);

 private:
  class Connection;
  class KeptFetch;

  EventLoop& loop_;
  const size_t most_;
  absl::flat_hash_map<std::string, std::unique_ptr<Connection>> connections_;
};

}  // namespace nines

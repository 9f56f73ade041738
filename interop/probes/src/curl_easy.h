// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <curl/curl.h>

#include <memory>

#include "absl/status/status.h"
#include "http_fetcher.h"

namespace nines {

// What is set up in libcurl before anything is fetched.

struct FreeCurlEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
/// libcurl's "easy handle": the options of a transfer, and the transfer.
using CurlEasy = std::unique_ptr<CURL, FreeCurlEasy>;

/// For each handle that is made. Whatever closes a socket calls `close_socket` with `closer`.
struct CurlSocketCloser {
  curl_closesocket_callback close_socket = nullptr;
  void* closer = nullptr;
};

/// A handle with all options that the fetches of a page have in common; null if there is no memory.
CurlEasy MakeCurlEasy(const HttpPage& page, const CurlSocketCloser& closer);

/// FailedPrecondition if libcurl cannot be used.
absl::Status InitialiseCurl();

}  // namespace nines

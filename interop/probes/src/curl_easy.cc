// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "curl_easy.h"

#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "kept_connections.h"

namespace nines {
namespace {

// Before 7.87, each TLS handshake reads the system's authorities anew: milliseconds of the loop.
static_assert(LIBCURL_VERSION_NUM >= 0x075700, "nines needs libcurl 7.87 or newer");

/// How long the authorities that were read are trusted before they are read again, so that a file
/// that is replaced counts soon: reading takes 10 ms.
constexpr long kAuthoritiesSeconds = 60;

/// libcurl's own limits, which the caller's timeout is to precede.
constexpr long kNeverSeconds = 48 * 60 * 60;

/// What is read at once; the least that libcurl takes is 1024.
constexpr long kReadBufferBytes = 4096;

/// Sets options of one handle, and remembers the first failure.
class Options {
 public:
  explicit Options(CURL* easy) : easy_(easy) {}

  template <typename Value>
  void Set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(easy_, option, value);
    if (code_ == CURLE_OK) code_ = code;
  }

  CURLcode code() const { return code_; }

 private:
  CURL* const easy_;
  CURLcode code_ = CURLE_OK;
};

void SetRequest(const std::string& url, Options& options) {
  options.Set(CURLOPT_URL, url.c_str());
  options.Set(CURLOPT_PATH_AS_IS, 1L);
  options.Set(CURLOPT_PROTOCOLS_STR, "http,https");
  options.Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  options.Set(CURLOPT_USERAGENT, "nines-probe");
  options.Set(CURLOPT_FOLLOWLOCATION, 0L);
  options.Set(CURLOPT_PROXY, "");  // not the environment's either
  options.Set(CURLOPT_BUFFERSIZE, kReadBufferBytes);
}

void SetConnection(const CurlSocketCloser& closer, Options& options) {
  options.Set(CURLOPT_CONNECTTIMEOUT, kNeverSeconds);
  const long kept_seconds = absl::ToInt64Seconds(kKeptConnectionLife);
  options.Set(CURLOPT_MAXLIFETIME_CONN, kept_seconds);
  options.Set(CURLOPT_MAXAGE_CONN, kept_seconds);
  // libcurl keeps numeric addresses, too, and looks through all of them after each transfer: with a
  // thousand that takes longer than the rest.
  options.Set(CURLOPT_DNS_CACHE_TIMEOUT, 0L);
  options.Set(CURLOPT_CLOSESOCKETFUNCTION, closer.close_socket);
  options.Set(CURLOPT_CLOSESOCKETDATA, closer.closer);
  // Else libcurl would change the process's handling of SIGPIPE.
  options.Set(CURLOPT_NOSIGNAL, 1L);
}

void SetTls(const std::string& ca_file, Options& options) {
  options.Set(CURLOPT_SSL_VERIFYPEER, 1L);
  options.Set(CURLOPT_SSL_VERIFYHOST, 2L);
  options.Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!ca_file.empty()) options.Set(CURLOPT_CAINFO, ca_file.c_str());
  // Authorities in a folder, which Debian's libcurl looks at besides, would rule out the cache.
  options.Set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  options.Set(CURLOPT_CA_CACHE_TIMEOUT, kAuthoritiesSeconds);
}

}  // namespace

CurlEasy MakeCurlEasy(const HttpPage& page, const CurlSocketCloser& closer) {
  CurlEasy easy(curl_easy_init());
  if (easy == nullptr) return nullptr;
  Options options(easy.get());
  SetRequest(page.url, options);
  SetConnection(closer, options);
  SetTls(page.ca_file, options);
  return options.code() == CURLE_OK ? std::move(easy) : nullptr;
}

absl::Status InitialiseCurl() {
  // Once per process, and never undone: other users of libcurl in the process count theirs.
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code == CURLE_OK) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("libcurl cannot be initialised: ", curl_easy_strerror(code)));
}

absl::Status CheckHttpUrl(const std::string& url) {
  struct Free {
    void operator()(CURLU* parsed) const { curl_url_cleanup(parsed); }
  };
  const std::unique_ptr<CURLU, Free> parsed(curl_url());
  const CURLUcode code =
      parsed == nullptr ? CURLUE_OUT_OF_MEMORY
                        : curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_PATH_AS_IS);
  if (code == CURLUE_OK) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("\"", absl::CHexEscape(url), "\": ", curl_url_strerror(code)));
}

}  // namespace nines

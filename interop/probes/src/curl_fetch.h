// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <curl/curl.h>

#include <array>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "curl_easy.h"
#include "http_fetcher.h"
#include "nines/event_loop.h"

namespace nines {

struct FreeCurlList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlList = std::unique_ptr<curl_slist, FreeCurlList>;

/// One transfer: an "easy handle" and what its callbacks write to.
class CurlFetch final : public HttpFetcher::Fetch {
 public:
  /// Where it runs. Shared by its fetches.
  class Owner {
   public:
    virtual ~Owner() = default;

    virtual CURLMcode Add(CURL* easy) = 0;
    virtual void Remove(CURL* easy) = 0;
    /// To be used again.
    virtual void GiveEasy(CurlEasy easy) = 0;

    /// `fd` is to be connected to `address` for `fetch`; later that one ends.
    virtual void OnOpen(const std::string& address, curl_socket_t fd, CurlFetch& fetch) = 0;
    virtual void OnEnd(curl_socket_t fd, const CurlFetch& fetch) = 0;

    /// Whether the owner wants to know what libcurl sends.
    virtual bool WantsRequest() const = 0;
    virtual void SetRequest(std::string request) = 0;
    /// Takes a connection that can be used again.
    virtual void Keep(const std::string& address, curl_socket_t fd) = 0;
  };

  /// `easy` has the page's options, or is null if there is no memory.
  CurlFetch(std::shared_ptr<Owner> owner, CurlEasy easy, std::string address,
            HttpFetcher::Callback done);
  ~CurlFetch() override;

  void Start(EventLoop& loop, HttpFetcher::Connection connection, bool is_kept_by_curl);

  /// libcurl is done with its connection.
  void Release(curl_socket_t fd) { released_ = fd; }

  /// The transfer has ended. Calls `done`, which may destroy this.
  void Finish(CURLcode code);

  bool is_on_kept_connection() const override;

 private:
  static size_t OnHeader(char* data, size_t size, size_t count, void* fetch);
  static size_t OnBody(char* data, size_t size, size_t count, void* fetch);
  static int OnDebug(CURL* easy, curl_infotype type, char* data, size_t size, void* fetch);
  static curl_socket_t OpenSocket(void* fetch, curlsocktype purpose, curl_sockaddr* address);

  template <typename Value>
  void Set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(easy_.get(), option, value);
    if (setup_ == CURLE_OK) setup_ = code;
  }
  void SetDestination();
  void SetCallbacks();
  void Keep();

  absl::StatusOr<int> Judge(CURLcode code) const;
  absl::Status Error(CURLcode code) const;
  bool IsOwnShortage(CURLcode code) const;

  const std::shared_ptr<Owner> owner_;
  CurlEasy easy_;  // null once it has gone back to the owner
  const std::string address_;
  HttpFetcher::Callback done_;
  CURLcode setup_ = CURLE_OK;  // the first option that could not be set
  bool is_running_ = false;    // in the owner
  CurlList destination_;
  std::unique_ptr<EventLoop::Handle> failure_timer_;
  std::array<char, CURL_ERROR_SIZE> error_text_ = {};
  int socket_error_ = 0;
  std::string head_;  // of the answer, if it is short
  size_t header_bytes_ = 0;
  size_t body_bytes_ = 0;
  curl_socket_t opened_ = CURL_SOCKET_BAD;
  curl_socket_t released_ = CURL_SOCKET_BAD;  // the same, once it is this's to close
};

}  // namespace nines

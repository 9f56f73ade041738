// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "curl_fetch.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "connect_error.h"
#include "simple_answer.h"

namespace nines {
namespace {

CurlList ListOf(const std::string& entry) {
  return CurlList(curl_slist_append(nullptr, entry.c_str()));
}

}  // namespace

CurlFetch::CurlFetch(std::shared_ptr<Owner> owner, CurlEasy easy, std::string address,
                     HttpFetcher::Callback done)
    : owner_(std::move(owner)),
      easy_(std::move(easy)),
      address_(std::move(address)),
      done_(std::move(done)) {}

CurlFetch::~CurlFetch() {
  if (easy_ == nullptr) return;
  if (is_running_) owner_->Remove(easy_.get());
  owner_->OnEnd(opened_, *this);
  if (released_ != CURL_SOCKET_BAD) close(released_);
  curl_easy_setopt(easy_.get(), CURLOPT_ERRORBUFFER, nullptr);
  owner_->GiveEasy(std::move(easy_));
}

void CurlFetch::Start(EventLoop& loop, HttpFetcher::Connection connection, bool is_kept_by_curl) {
  if (easy_ == nullptr) {
    setup_ = CURLE_OUT_OF_MEMORY;
  } else {
    SetDestination();
    SetCallbacks();
    Set(CURLOPT_FRESH_CONNECT, connection == HttpFetcher::Connection::kFresh ? 1L : 0L);
    Set(CURLOPT_FORBID_REUSE, is_kept_by_curl ? 0L : 1L);
    const bool is_request_wanted = owner_->WantsRequest();
    Set(CURLOPT_VERBOSE, is_request_wanted ? 1L : 0L);
  }
  if (setup_ == CURLE_OK) {
    is_running_ = owner_->Add(easy_.get()) == CURLM_OK;
    if (is_running_) return;
    setup_ = CURLE_OUT_OF_MEMORY;  // the one reason why an idle handle is not taken
  }
  failure_timer_ = loop.RunAfter(absl::ZeroDuration(), [this] { Finish(setup_); });
}

void CurlFetch::SetDestination() {
  absl::string_view path = address_;
  const bool is_unix = absl::ConsumePrefix(&path, "unix:");
  // "Whatever the URL's host and port: connect to these."
  if (!is_unix) destination_ = ListOf(absl::StrCat("::", address_));
  // Without it, libcurl would look the URL's host up and go there.
  if (!is_unix && destination_ == nullptr) setup_ = CURLE_OUT_OF_MEMORY;
  // Both, for the handle has the last fetch's.
  Set(CURLOPT_CONNECT_TO, destination_.get());
  Set(CURLOPT_UNIX_SOCKET_PATH, is_unix ? std::string(path).c_str() : nullptr);
}

void CurlFetch::SetCallbacks() {
  Set(CURLOPT_PRIVATE, static_cast<void*>(this));
  Set(CURLOPT_ERRORBUFFER, error_text_.data());
  Set(CURLOPT_HEADERFUNCTION, &OnHeader);
  Set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  Set(CURLOPT_WRITEFUNCTION, &OnBody);
  Set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  Set(CURLOPT_DEBUGFUNCTION, &OnDebug);
  Set(CURLOPT_DEBUGDATA, static_cast<void*>(this));
  Set(CURLOPT_OPENSOCKETFUNCTION, &OpenSocket);
  Set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
}

void CurlFetch::Finish(CURLcode code) {
  // On the stack: calling it may destroy this.
  HttpFetcher::Callback done = std::move(done_);
  absl::StatusOr<int> result = Judge(code);
  if (std::exchange(is_running_, false)) owner_->Remove(easy_.get());
  if (code == CURLE_OK) Keep();
  done(std::move(result));
}

void CurlFetch::Keep() {
  if (released_ == CURL_SOCKET_BAD) return;
  if (!ReadSimpleHead(head_).has_value() || head_.size() + body_bytes_ > kMostSimpleBytes) return;
  owner_->Keep(address_, std::exchange(released_, CURL_SOCKET_BAD));
}

bool CurlFetch::is_on_kept_connection() const {
  long made = 0;
  return easy_ != nullptr &&
         curl_easy_getinfo(easy_.get(), CURLINFO_NUM_CONNECTS, &made) == CURLE_OK && made == 0;
}

// A return value other than the size ends the transfer with CURLE_WRITE_ERROR.
size_t CurlFetch::OnHeader(char* data, size_t size, size_t count, void* fetch) {
  auto& self = *static_cast<CurlFetch*>(fetch);
  self.header_bytes_ += size * count;
  if (self.header_bytes_ <= kMostSimpleBytes) self.head_.append(data, size * count);
  return self.header_bytes_ > kMaxHttpHeaderBytes ? 0 : size * count;
}

size_t CurlFetch::OnBody(char* /*data*/, size_t size, size_t count, void* fetch) {
  size_t& bytes = static_cast<CurlFetch*>(fetch)->body_bytes_;
  bytes += size * count;
  return bytes > kMaxHttpBodyBytes ? 0 : size * count;
}

int CurlFetch::OnDebug(CURL* /*easy*/, curl_infotype type, char* data, size_t size, void* fetch) {
  if (type != CURLINFO_HEADER_OUT) return 0;
  static_cast<CurlFetch*>(fetch)->owner_->SetRequest(std::string(data, size));
  return 0;
}

curl_socket_t CurlFetch::OpenSocket(void* fetch, curlsocktype /*purpose*/, curl_sockaddr* address) {
  auto& self = *static_cast<CurlFetch*>(fetch);
  const int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (fd < 0) {
    self.socket_error_ = errno;
    return CURL_SOCKET_BAD;
  }
  self.opened_ = fd;
  self.owner_->OnOpen(self.address_, fd, self);
  return fd;
}

absl::StatusOr<int> CurlFetch::Judge(CURLcode code) const {
  // The status is known, and who sends much after it is no less well.
  const bool has_enough = code == CURLE_WRITE_ERROR && body_bytes_ > kMaxHttpBodyBytes;
  if (code != CURLE_OK && !has_enough) return Error(code);
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  return static_cast<int>(status);
}

absl::Status CurlFetch::Error(CURLcode code) const {
  if (header_bytes_ > kMaxHttpHeaderBytes) {
    return absl::UnavailableError(
        absl::StrCat("the answer has more than ", kMaxHttpHeaderBytes, " bytes of headers"));
  }
  if (socket_error_ != 0) {
    const std::string reason(absl::ErrnoToStatus(socket_error_, "no socket").message());
    return IsLocalShortage(socket_error_) ? absl::ResourceExhaustedError(reason)
                                          : absl::UnavailableError(reason);
  }
  // Parts of it may come from the other side: a certificate's names, say.
  const absl::string_view text = error_text_.data();
  const std::string reason = absl::CHexEscape(text.empty() ? curl_easy_strerror(code) : text);
  return IsOwnShortage(code) ? absl::ResourceExhaustedError(reason)
                             : absl::UnavailableError(reason);
}

bool CurlFetch::IsOwnShortage(CURLcode code) const {
  if (easy_ == nullptr) return true;
  long error = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &error);
  if (code == CURLE_COULDNT_CONNECT) return IsLocalShortage(static_cast<int>(error));
  if (code != CURLE_OUT_OF_MEMORY) return false;
  // Also libcurl's word for a header line above its own limit, which is the other side's doing and
  // comes after it has accepted the connection.
  curl_off_t connect_time = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_CONNECT_TIME_T, &connect_time);
  return connect_time == 0;
}

}  // namespace nines

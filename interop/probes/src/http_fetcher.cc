// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// libcurl's "multi socket" interface on an EventLoop: libcurl says which descriptors it waits for
// (OnSocket) and until when (OnTimer), and is told of what happens (Act). Nothing blocks and
// nothing needs a thread: addresses are numeric, so that there is no name to look up.
//
// libcurl calls back while it runs; those callbacks only take note. Whoever waits for a fetch is
// called from Act, when libcurl has returned.

#include "http_fetcher.h"

#include <curl/curl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "connect_error.h"

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

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

List ListOf(const std::string& entry) { return List(curl_slist_append(nullptr, entry.c_str())); }

class CurlFetcher;

/// One transfer: an "easy handle" and what its callbacks write to.
class CurlFetch final : public HttpFetcher::Fetch {
 public:
  CurlFetch(std::shared_ptr<CurlFetcher> fetcher, const HttpRequest& request,
            HttpFetcher::Callback done);
  ~CurlFetch() override;

  void Start(EventLoop& loop);

  /// The transfer has ended. Calls `done`, which may destroy this.
  void Finish(CURLcode code);

 private:
  static size_t OnHeader(char* data, size_t size, size_t count, void* fetch);
  static size_t OnBody(char* data, size_t size, size_t count, void* fetch);
  static curl_socket_t OpenSocket(void* fetch, curlsocktype purpose, curl_sockaddr* address);

  template <typename Value>
  void Set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(easy_, option, value);
    if (setup_ == CURLE_OK) setup_ = code;
  }
  void SetRequest(const HttpRequest& request);
  void SetDestination(const std::string& address);
  void SetTls(const std::string& ca_file);
  void SetCallbacks();

  absl::StatusOr<int> Judge(CURLcode code) const;
  absl::Status Error(CURLcode code) const;
  bool IsOwnShortage(CURLcode code) const;

  const std::shared_ptr<CurlFetcher> fetcher_;
  CURL* const easy_;
  HttpFetcher::Callback done_;
  CURLcode setup_ = CURLE_OK;  // the first option that could not be set
  bool is_running_ = false;    // in the fetcher
  List destination_;
  List headers_;
  std::unique_ptr<EventLoop::Handle> failure_timer_;
  std::array<char, CURL_ERROR_SIZE> error_text_ = {};
  int socket_error_ = 0;
  size_t header_bytes_ = 0;
  size_t body_bytes_ = 0;
};

class CurlFetcher final : public HttpFetcher, public std::enable_shared_from_this<CurlFetcher> {
 public:
  CurlFetcher(EventLoop& loop, CURLM* multi) : loop_(loop), multi_(multi) {
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &OnSocket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &OnTimer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  }
  ~CurlFetcher() override {
    // Nothing is to be watched any more, and the loop may have gone.
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, nullptr);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, nullptr);
    curl_multi_cleanup(multi_);
  }

  std::unique_ptr<Fetch> Start(const HttpRequest& request, Callback done) override {
    auto fetch = std::make_unique<CurlFetch>(shared_from_this(), request, std::move(done));
    fetch->Start(loop_);
    return fetch;
  }

  CURLMcode Add(CURL* easy) {
    const CURLMcode code = curl_multi_add_handle(multi_, easy);
    if (code == CURLM_OK) ++running_;
    return code;
  }

  void Remove(CURL* easy) {
    curl_multi_remove_handle(multi_, easy);
    if (--running_ != 0) return;
    // What libcurl still wants to do (a last TLS record) can wait for the next fetch; what is here
    // must go on the loop's thread, and this may be the last time that we are on it.
    timer_.reset();
    watches_.clear();
  }

 private:
  static int OnSocket(CURL* /*easy*/, curl_socket_t fd, int interest, void* fetcher,
                      void* /*socket*/) {
    static_cast<CurlFetcher*>(fetcher)->Watch(fd, interest);
    return 0;
  }

  static int OnTimer(CURLM* /*multi*/, long milliseconds, void* fetcher) {
    static_cast<CurlFetcher*>(fetcher)->ArmTimer(milliseconds);
    return 0;
  }

  void Watch(curl_socket_t fd, int interest) {
    watches_.erase(fd);  // before the new one: there is one watch per descriptor
    if (interest == CURL_POLL_REMOVE) return;
    const EventLoop::IoEvents events{/*readable=*/(interest & CURL_POLL_IN) != 0,
                                     /*writable=*/(interest & CURL_POLL_OUT) != 0};
    watches_[fd] = loop_.WatchFd(fd, events, [this, fd](EventLoop::IoEvents ready) {
      Act(fd, (ready.readable ? CURL_CSELECT_IN : 0) | (ready.writable ? CURL_CSELECT_OUT : 0));
    });
  }

  void ArmTimer(long milliseconds) {
    timer_.reset();
    if (milliseconds < 0) return;
    timer_ = loop_.RunAfter(absl::Milliseconds(milliseconds),
                            [this] { Act(CURL_SOCKET_TIMEOUT, /*events=*/0); });
  }

  void Act(curl_socket_t fd, int events) {
    // Whoever is called below may let go of the last fetch and of the prober.
    const std::shared_ptr<CurlFetcher> self = shared_from_this();
    int running = 0;
    // An error (a descriptor that libcurl does not know) concerns no fetch that goes on.
    curl_multi_socket_action(multi_, fd, events, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CurlFetch* fetch = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &fetch);
      fetch->Finish(message->data.result);
    }
  }

  EventLoop& loop_;
  CURLM* const multi_;
  size_t running_ = 0;
  // Both are empty while nothing runs.
  std::unique_ptr<EventLoop::Handle> timer_;
  absl::flat_hash_map<curl_socket_t, std::unique_ptr<EventLoop::Handle>> watches_;
};

CurlFetch::CurlFetch(std::shared_ptr<CurlFetcher> fetcher, const HttpRequest& request,
                     HttpFetcher::Callback done)
    : fetcher_(std::move(fetcher)), easy_(curl_easy_init()), done_(std::move(done)) {
  if (easy_ == nullptr) {
    setup_ = CURLE_FAILED_INIT;
    return;
  }
  SetRequest(request);
  SetDestination(request.address);
  SetTls(request.ca_file);
  SetCallbacks();
}

CurlFetch::~CurlFetch() {
  if (is_running_) fetcher_->Remove(easy_);
  curl_easy_cleanup(easy_);
}

void CurlFetch::SetRequest(const HttpRequest& request) {
  headers_ = ListOf("Connection: close");
  Set(CURLOPT_URL, request.url.c_str());
  Set(CURLOPT_PATH_AS_IS, 1L);
  Set(CURLOPT_PROTOCOLS_STR, "http,https");
  Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  Set(CURLOPT_HTTPHEADER, headers_.get());
  Set(CURLOPT_USERAGENT, "nines-probe");
  Set(CURLOPT_FOLLOWLOCATION, 0L);
  Set(CURLOPT_BUFFERSIZE, kReadBufferBytes);
  Set(CURLOPT_CONNECTTIMEOUT, kNeverSeconds);
  // Else libcurl would change the process's handling of SIGPIPE.
  Set(CURLOPT_NOSIGNAL, 1L);
}

void CurlFetch::SetDestination(const std::string& address) {
  Set(CURLOPT_PROXY, "");  // not the environment's either
  Set(CURLOPT_FRESH_CONNECT, 1L);
  Set(CURLOPT_FORBID_REUSE, 1L);
  absl::string_view path = address;
  if (absl::ConsumePrefix(&path, "unix:")) {
    Set(CURLOPT_UNIX_SOCKET_PATH, std::string(path).c_str());
  } else {
    // "Whatever the URL's host and port: connect to these."
    destination_ = ListOf(absl::StrCat("::", address));
    // Without it, libcurl would look the URL's host up and go there.
    if (destination_ == nullptr) setup_ = CURLE_OUT_OF_MEMORY;
    Set(CURLOPT_CONNECT_TO, destination_.get());
  }
}

void CurlFetch::SetTls(const std::string& ca_file) {
  Set(CURLOPT_SSL_VERIFYPEER, 1L);
  Set(CURLOPT_SSL_VERIFYHOST, 2L);
  Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!ca_file.empty()) Set(CURLOPT_CAINFO, ca_file.c_str());
  // Authorities in a folder, which Debian's libcurl looks at besides, would rule out the cache.
  Set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  Set(CURLOPT_CA_CACHE_TIMEOUT, kAuthoritiesSeconds);
}

void CurlFetch::SetCallbacks() {
  Set(CURLOPT_PRIVATE, static_cast<void*>(this));
  Set(CURLOPT_ERRORBUFFER, error_text_.data());
  Set(CURLOPT_HEADERFUNCTION, &OnHeader);
  Set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  Set(CURLOPT_WRITEFUNCTION, &OnBody);
  Set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  Set(CURLOPT_OPENSOCKETFUNCTION, &OpenSocket);
  Set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
}

void CurlFetch::Start(EventLoop& loop) {
  if (setup_ == CURLE_OK) {
    is_running_ = fetcher_->Add(easy_) == CURLM_OK;
    if (is_running_) return;
    setup_ = CURLE_OUT_OF_MEMORY;  // the one reason why a new handle is not taken
  }
  failure_timer_ = loop.RunAfter(absl::ZeroDuration(), [this] { Finish(setup_); });
}

void CurlFetch::Finish(CURLcode code) {
  // On the stack: calling it may destroy this.
  HttpFetcher::Callback done = std::move(done_);
  absl::StatusOr<int> result = Judge(code);
  if (std::exchange(is_running_, false)) fetcher_->Remove(easy_);
  done(std::move(result));
}

// A return value other than the size ends the transfer with CURLE_WRITE_ERROR.
size_t CurlFetch::OnHeader(char* /*data*/, size_t size, size_t count, void* fetch) {
  size_t& bytes = static_cast<CurlFetch*>(fetch)->header_bytes_;
  bytes += size * count;
  return bytes > kMaxHttpHeaderBytes ? 0 : size * count;
}

size_t CurlFetch::OnBody(char* /*data*/, size_t size, size_t count, void* fetch) {
  size_t& bytes = static_cast<CurlFetch*>(fetch)->body_bytes_;
  bytes += size * count;
  return bytes > kMaxHttpBodyBytes ? 0 : size * count;
}

curl_socket_t CurlFetch::OpenSocket(void* fetch, curlsocktype /*purpose*/, curl_sockaddr* address) {
  const int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (fd < 0) static_cast<CurlFetch*>(fetch)->socket_error_ = errno;
  return fd < 0 ? CURL_SOCKET_BAD : fd;
}

absl::StatusOr<int> CurlFetch::Judge(CURLcode code) const {
  // The status is known, and who sends much after it is no less well.
  const bool has_enough = code == CURLE_WRITE_ERROR && body_bytes_ > kMaxHttpBodyBytes;
  if (code != CURLE_OK && !has_enough) return Error(code);
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
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
  curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &error);
  if (code == CURLE_COULDNT_CONNECT) return IsLocalShortage(static_cast<int>(error));
  if (code != CURLE_OUT_OF_MEMORY) return false;
  // Also libcurl's word for a header line above its own limit, which is the other side's doing and
  // comes after it has accepted the connection.
  curl_off_t connect_time = 0;
  curl_easy_getinfo(easy_, CURLINFO_CONNECT_TIME_T, &connect_time);
  return connect_time == 0;
}

/// Once per process, and never undone: other users of libcurl in the process count theirs.
CURLcode InitialiseLibrary() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  return code;
}

}  // namespace

absl::StatusOr<std::shared_ptr<HttpFetcher>> HttpFetcher::Create(EventLoop& loop) {
  if (const CURLcode code = InitialiseLibrary(); code != CURLE_OK) {
    return absl::FailedPreconditionError(
        absl::StrCat("libcurl cannot be initialised: ", curl_easy_strerror(code)));
  }
  CURLM* const multi = curl_multi_init();
  if (multi == nullptr) return absl::FailedPreconditionError("libcurl: no memory");
  return std::make_shared<CurlFetcher>(loop, multi);
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

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// libcurl's "multi socket" interface on an EventLoop: libcurl says which descriptors it waits for
// (OnSocket) and until when (OnTimer), and is told of what happens (Act). Nothing blocks and
// nothing needs a thread: addresses are numeric, so that there is no name to look up.
//
// libcurl calls back while it runs; those callbacks only take note. Whoever waits for a fetch is
// called from Act, when libcurl has returned.

#include "http_fetcher.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/time/time.h"
#include "curl_easy.h"
#include "curl_fetch.h"
#include "kept_connections.h"

namespace nines {
namespace {

/// Which part of the descriptors that the process may have connections are kept with.
constexpr size_t kDescriptorShare = 8;

size_t MostKeptConnections() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  return static_cast<size_t>(limit.rlim_cur) / kDescriptorShare;
}

/// The fetches of one page. Easy handles are used again: to make one takes longer than to send the
/// request.
class CurlFetcher final : public HttpFetcher,
                          public CurlFetch::Owner,
                          public std::enable_shared_from_this<CurlFetcher> {
 public:
  CurlFetcher(EventLoop& loop, HttpPage page, CURLM* multi)
      : loop_(loop), page_(std::move(page)), multi_(multi), kept_(loop, most_kept_) {
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &OnSocket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &OnTimer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    // Which are kept is decided here; 0 would mean libcurl's own choice, which depends on how many
    // fetches there are at the moment.
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(most_kept_ + 1));
  }
  ~CurlFetcher() override {
    // Nothing is to be watched any more, and the loop may have gone.
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, nullptr);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, nullptr);
    idle_.clear();
    curl_multi_cleanup(multi_);
  }

  std::unique_ptr<Fetch> Start(const std::string& address, Connection connection,
                               Callback done) override {
    if (connection == Connection::kKeptIfThereIsOne && kept_.Has(address)) {
      return kept_.Start(address, request_, std::move(done));
    }
    auto fetch =
        std::make_unique<CurlFetch>(shared_from_this(), TakeEasy(), address, std::move(done));
    const bool has_room = connections_.size() < most_kept_ || connections_.contains(address);
    fetch->Start(loop_, connection, is_tls_ && has_room);
    return fetch;
  }

  void Forget(const std::string& address) override {
    kept_.Forget(address);
    const auto known = connections_.find(address);
    if (known == connections_.end()) return;
    // Closing it is libcurl's, which does so when it next looks at what it keeps.
    shutdown(known->second, SHUT_RDWR);
    sockets_[known->second].watch.reset();
    connections_.erase(known);
  }

  CURLMcode Add(CURL* easy) override {
    const CURLMcode code = curl_multi_add_handle(multi_, easy);
    if (code == CURLM_OK) ++running_;
    return code;
  }

  void Remove(CURL* easy) override {
    curl_multi_remove_handle(multi_, easy);
    // What libcurl still wants to do (a last TLS record) can wait for the next fetch; the timer
    // must go on the loop's thread, and this may be the last time that we are on it.
    if (--running_ == 0) timer_.reset();
  }

  void GiveEasy(CurlEasy easy) override { idle_.push_back(std::move(easy)); }

  void OnOpen(const std::string& address, curl_socket_t fd, CurlFetch& fetch) override {
    Socket& socket = sockets_[fd];
    socket.address = address;
    if (is_tls_) {
      connections_[address] = fd;
    } else {
      socket.heir = &fetch;
    }
  }

  void OnEnd(curl_socket_t fd, const CurlFetch& fetch) override {
    const auto known = sockets_.find(fd);
    if (known != sockets_.end() && known->second.heir == &fetch) known->second.heir = nullptr;
  }

  bool WantsRequest() const override { return !is_tls_ && request_.empty(); }
  void SetRequest(std::string request) override { request_ = std::move(request); }

  void Keep(const std::string& address, curl_socket_t fd) override { kept_.Keep(address, fd); }

 private:
  /// A descriptor of libcurl's. It stays watched while its connection is kept, so that the next
  /// request needs no system call for that.
  struct Socket {
    std::string address;
    CurlFetch* heir = nullptr;                 // who gets it when libcurl is done with it
    std::unique_ptr<EventLoop::Handle> watch;  // null: not watched
    int interest = CURL_POLL_NONE;             // of the watch
    bool is_in_use = false;                    // libcurl wants to hear of it
  };

  static int OnSocket(CURL* /*easy*/, curl_socket_t fd, int interest, void* fetcher,
                      void* /*socket*/) {
    static_cast<CurlFetcher*>(fetcher)->Watch(fd, interest);
    return 0;
  }

  static int OnTimer(CURLM* /*multi*/, long milliseconds, void* fetcher) {
    static_cast<CurlFetcher*>(fetcher)->ArmTimer(milliseconds);
    return 0;
  }

  static int CloseSocket(void* fetcher, curl_socket_t fd) {
    CurlFetch* const heir = static_cast<CurlFetcher*>(fetcher)->OnClose(fd);
    if (heir == nullptr) return close(fd);
    heir->Release(fd);
    return 0;
  }

  CurlEasy TakeEasy() {
    if (idle_.empty()) return MakeCurlEasy(page_, {&CloseSocket, this});
    CurlEasy easy = std::move(idle_.back());
    idle_.pop_back();
    return easy;
  }

  CurlFetch* OnClose(curl_socket_t fd) {
    const auto closed = sockets_.find(fd);
    if (closed == sockets_.end()) return nullptr;
    const auto latest = connections_.find(closed->second.address);
    if (latest != connections_.end() && latest->second == fd) connections_.erase(latest);
    CurlFetch* const heir = closed->second.heir;
    sockets_.erase(closed);
    return heir;
  }

  void Watch(curl_socket_t fd, int interest) {
    Socket& socket = sockets_[fd];
    socket.is_in_use = interest != CURL_POLL_REMOVE;
    const int wanted = socket.is_in_use ? interest : CURL_POLL_IN;
    if (socket.watch != nullptr && socket.interest == wanted) return;
    socket.watch.reset();  // before the new one: there is one watch per descriptor
    if (!socket.is_in_use) return;
    socket.interest = interest;
    const EventLoop::IoEvents events{/*readable=*/(interest & CURL_POLL_IN) != 0,
                                     /*writable=*/(interest & CURL_POLL_OUT) != 0};
    socket.watch =
        loop_.WatchFd(fd, events, [this, fd](EventLoop::IoEvents ready) { OnReady(fd, ready); });
  }

  void OnReady(curl_socket_t fd, EventLoop::IoEvents ready) {
    // The end of a connection that is kept, or something that nobody has asked for: libcurl finds
    // that out before it uses it.
    if (Socket& socket = sockets_[fd]; !socket.is_in_use) return socket.watch.reset();
    Act(fd, (ready.readable ? CURL_CSELECT_IN : 0) | (ready.writable ? CURL_CSELECT_OUT : 0));
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
  const HttpPage page_;
  const bool is_tls_ = absl::StartsWith(page_.url, "https:");
  const size_t most_kept_ = MostKeptConnections();
  CURLM* const multi_;
  std::vector<CurlEasy> idle_;
  size_t running_ = 0;
  std::unique_ptr<EventLoop::Handle> timer_;            // null while nothing runs
  absl::flat_hash_map<curl_socket_t, Socket> sockets_;  // all that are open
  // The latest to each address, in use or kept by libcurl: those with TLS.
  absl::flat_hash_map<std::string, curl_socket_t> connections_;
  std::string request_;   // what libcurl sends; empty until it has sent one
  KeptConnections kept_;  // those without
};

}  // namespace

absl::StatusOr<std::shared_ptr<HttpFetcher>> HttpFetcher::Create(EventLoop& loop, HttpPage page) {
  if (absl::Status status = InitialiseCurl(); !status.ok()) return status;
  CURLM* const multi = curl_multi_init();
  if (multi == nullptr) return absl::FailedPreconditionError("libcurl: no memory");
  return std::make_shared<CurlFetcher>(loop, std::move(page), multi);
}

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "kept_connections.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "simple_answer.h"

namespace nines {
/// A request on a connection. Either may end before the other.
class KeptConnections::KeptFetch final : public HttpFetcher::Fetch {
 public:
  KeptFetch(Connection& connection, HttpFetcher::Callback done)
      : connection_(&connection), done_(std::move(done)) {}
  ~KeptFetch() override;

  void Send(EventLoop& loop, const std::string& request);

  /// The connection has gone.
  void LetGo() { connection_ = nullptr; }

  /// Calls `done`, which may destroy this, and all else here. REQUIRES: not LetGo().
  void Finish(absl::StatusOr<int> status);

  bool is_on_kept_connection() const override { return true; }

 private:
  Connection* connection_;  // null: it has gone, or the fetch has ended
  HttpFetcher::Callback done_;
  std::unique_ptr<EventLoop::Handle> failure_timer_;
};

class KeptConnections::Connection final {
 public:
  Connection(KeptConnections& owner, std::string address, int fd)
      : owner_(owner),
        address_(std::move(address)),
        fd_(fd),
        end_(owner.loop_.clock().Now() + kKeptConnectionLife),
        watch_(owner.loop_.WatchFd(fd, {/*readable=*/true, /*writable=*/false},
                                   [this](EventLoop::IoEvents /*events*/) { OnReady(); })) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    if (user_ != nullptr) user_->LetGo();
    watch_.reset();
    close(fd_);
  }

  bool IsOld() const { return owner_.loop_.clock().Now() >= end_; }
  int fd() const { return fd_; }

  void Begin(KeptFetch& user) {
    user_ = &user;
    answer_.clear();
  }

  /// Its fetch has its answer.
  void End() { user_ = nullptr; }

  /// Destroys this.
  void Close() { owner_.Forget(std::string(address_)); }

 private:
  void OnReady();

  KeptConnections& owner_;
  const std::string address_;
  const int fd_;
  const absl::Time end_;
  std::string answer_;         // what has come of it
  KeptFetch* user_ = nullptr;  // null: idle
  std::unique_ptr<EventLoop::Handle> watch_;
};

void KeptConnections::Connection::OnReady() {
  // Its end, or something that nobody has asked for.
  if (user_ == nullptr) return Close();
  std::array<char, kMostSimpleBytes> buffer;
  const ssize_t count = recv(fd_, buffer.data(), buffer.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return user_->Finish(absl::UnavailableError("the connection has ended"));
  answer_.append(buffer.data(), static_cast<size_t>(count));
  const SimpleAnswer answer = ReadSimpleAnswer(answer_);
  if (answer.kind == SimpleAnswer::Kind::kWhole) return user_->Finish(answer.status);
  if (answer.kind == SimpleAnswer::Kind::kNotSimple || answer_.size() > kMostSimpleBytes) {
    user_->Finish(absl::UnavailableError("not a simple answer"));
  }
}

KeptConnections::KeptFetch::~KeptFetch() {
  if (connection_ != nullptr) connection_->Close();
}

void KeptConnections::KeptFetch::Send(EventLoop& loop, const std::string& request) {
  connection_->Begin(*this);
  const ssize_t sent = send(connection_->fd(), request.data(), request.size(), MSG_NOSIGNAL);
  if (sent == static_cast<ssize_t>(request.size())) return;
  failure_timer_ = loop.RunAfter(absl::ZeroDuration(), [this] {
    if (connection_ != nullptr) Finish(absl::UnavailableError("the request cannot be sent"));
  });
}

void KeptConnections::KeptFetch::Finish(absl::StatusOr<int> status) {
  Connection* const connection = std::exchange(connection_, nullptr);
  connection->End();
  if (!status.ok()) connection->Close();
  // On the stack: calling it may destroy this.
  HttpFetcher::Callback done = std::move(done_);
  done(std::move(status));
}

KeptConnections::KeptConnections(EventLoop& loop, size_t most) : loop_(loop), most_(most) {}

KeptConnections::~KeptConnections() = default;

void KeptConnections::Keep(const std::string& address, int fd) {
  Forget(address);
  if (connections_.size() >= most_) {
    close(fd);
    return;
  }
  connections_[address] = std::make_unique<Connection>(*this, address, fd);
}

bool KeptConnections::Has(const std::string& address) const {
  const auto known = connections_.find(address);
  return known != connections_.end() && !known->second->IsOld();
}

std::unique_ptr<HttpFetcher::Fetch> KeptConnections::Start(const std::string& address,
                                                           const std::string& request,
                                                           HttpFetcher::Callback done) {
  auto fetch = std::make_unique<KeptFetch>(*connections_.at(address), std::move(done));
  fetch->Send(loop_, request);
  return fetch;
}

void KeptConnections::Forget(const std::string& address) { connections_.erase(address); }

}  // namespace nines

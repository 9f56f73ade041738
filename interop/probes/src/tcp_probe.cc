// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// A probe's connection is closed as any other (FIN), not reset. A reset (SO_LINGER with 0) would
// spare this machine a socket in TIME_WAIT for a minute, but servers see an error: they log it, and
// some count it. The price is small: at one probe every two seconds, 30 entries of a few hundred
// bytes per endpoint; they hold a port towards that endpoint only, and the kernel drops the oldest
// beyond its limit.

#include "nines/tcp_probe.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "connect_error.h"
#include "socket_address.h"

namespace nines {
namespace {

absl::Status ConnectStatus(int error, const std::string& address) {
  if (error == 0) return absl::OkStatus();
  const absl::Status named = absl::ErrnoToStatus(error, absl::StrCat("connect to ", address));
  if (IsLocalShortage(error)) return absl::ResourceExhaustedError(named.message());
  return absl::UnavailableError(named.message());
}

class TcpProbe final : public Prober::Probe {
 public:
  TcpProbe(EventLoop& loop, const std::string& address, Prober::Callback done)
      : loop_(loop), address_(address), done_(std::move(done)) {}

  ~TcpProbe() override { Close(); }

  void Start(absl::Duration timeout) {
    const absl::StatusOr<SocketAddress> target = ParseSocketAddress(address_);
    if (!target.ok()) return FinishLater(target.status());
    fd_ = socket(target->family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) return FinishLater(ConnectStatus(errno, address_));
    if (connect(fd_, target->get(), target->size) == 0) return FinishLater(Verdict());
    // EAGAIN is a unix socket's word for "its backlog is full", and the end of the attempt.
    if (errno != EINPROGRESS) return FinishLater(ConnectStatus(errno, address_));

    watch_ = loop_.WatchFd(fd_, {/*readable=*/false, /*writable=*/true},
                           [this](EventLoop::IoEvents /*events*/) { Finish(Verdict()); });
    timer_ = loop_.RunAfter(timeout, [this, timeout] {
      Finish(absl::DeadlineExceededError(absl::StrCat(
          "connect to ", address_, ": no answer within ", absl::FormatDuration(timeout))));
    });
  }

 private:
  void FinishLater(absl::Status status) {
    timer_ = loop_.RunAfter(absl::ZeroDuration(), [this, status = std::move(status)]() mutable {
      Finish(std::move(status));
    });
  }

  absl::Status Verdict() const { return ConnectStatus(ConnectError(fd_), address_); }

  void Finish(absl::Status status) {
    Prober::Callback done = std::move(done_);  // on the stack: it may destroy this probe
    Close();
    done(std::move(status));
  }

  void Close() {
    watch_.reset();
    timer_.reset();
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

  EventLoop& loop_;
  const std::string address_;
  Prober::Callback done_;
  int fd_ = -1;
  std::unique_ptr<EventLoop::Handle> watch_;
  std::unique_ptr<EventLoop::Handle> timer_;
};

class TcpProber final : public Prober {
 public:
  explicit TcpProber(EventLoop& loop) : loop_(loop) {}

  const char* kind() const override { return "tcp"; }

  std::unique_ptr<Probe> Start(const std::string& address, absl::Duration timeout,
                               Callback done) override {
    auto probe = std::make_unique<TcpProbe>(loop_, address, std::move(done));
    probe->Start(timeout);
    return probe;
  }

  std::unique_ptr<Probe> Listen(const std::string& /*address*/,
                                WatchCallbacks /*callbacks*/) override {
    return nullptr;
  }

  void Forget(const std::string& /*address*/) override {}  // nothing is kept

 private:
  EventLoop& loop_;
};

}  // namespace

std::shared_ptr<Prober> MakeTcpProber(EventLoop& loop) { return std::make_shared<TcpProber>(loop); }

}  // namespace nines

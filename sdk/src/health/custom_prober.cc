// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health/custom_prober.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace nines {
namespace {

// One check under way. Lives until both its probe and the check have let go of it. Confined to the
// loop's thread, but for its end.
class PendingCheck final : public std::enable_shared_from_this<PendingCheck> {
 public:
  PendingCheck(EventLoop& loop, std::string what, Prober::Callback done)
      : port_(MakeLoopPort(loop)), what_(std::move(what)), done_(std::move(done)) {}

  void Start(EventLoop& loop, std::shared_ptr<const HealthCheck> check, std::string address,
             absl::Duration timeout) {
    timer_ = loop.RunAfter(timeout, [this, timeout] {
      Finish(absl::DeadlineExceededError(
          absl::StrCat("no answer within ", absl::FormatDuration(timeout))));
    });
    // Not from within: the program may let go of whoever probes.
    loop.Post([self = shared_from_this(), check = std::move(check), address = std::move(address),
               timeout] {
      if (self->done_) self->Ask(*check, address, timeout);
    });
  }

  void Cancel() {
    port_->Close();
    timer_.reset();
    done_ = nullptr;
  }

 private:
  void Ask(const HealthCheck& check, const std::string& address, absl::Duration timeout) {
    // The answer goes through the loop also if it comes at once, from within.
    check(address, timeout, [self = shared_from_this()](absl::Status status) {
      const std::shared_ptr<LoopPort> port = self->port_;
      port->Post([self, status = std::move(status)] { self->Finish(status); });
    });
  }

  void Finish(const absl::Status& status) {
    if (!done_) return;
    const std::shared_ptr<PendingCheck> self = shared_from_this();  // its probe may go
    timer_.reset();
    const absl::Status named =
        status.ok() ? status
                    : absl::Status(status.code(), absl::StrCat(what_, ": ", status.message()));
    std::exchange(done_, nullptr)(named);
  }

  const std::shared_ptr<LoopPort> port_;
  const std::string what_;
  Prober::Callback done_;  // null: called or cancelled
  std::unique_ptr<EventLoop::Handle> timer_;
};

class CustomProbe final : public Prober::Probe {
 public:
  explicit CustomProbe(std::shared_ptr<PendingCheck> check) : check_(std::move(check)) {}
  ~CustomProbe() override { check_->Cancel(); }

 private:
  const std::shared_ptr<PendingCheck> check_;
};

class CustomProber final : public Prober {
 public:
  CustomProber(std::string name, HealthCheck check, EventLoop& loop)
      : name_(std::move(name)),
        check_(std::make_shared<const HealthCheck>(std::move(check))),
        loop_(loop) {}

  const char* kind() const override { return name_.c_str(); }

  std::unique_ptr<Probe> Start(const std::string& address, absl::Duration timeout,
                               Callback done) override {
    auto pending = std::make_shared<PendingCheck>(
        loop_, absl::StrCat("check \"", name_, "\" of ", address), std::move(done));
    auto probe = std::make_unique<CustomProbe>(pending);
    pending->Start(loop_, check_, address, timeout);
    return probe;
  }

  std::unique_ptr<Probe> Listen(const std::string& /*address*/,
                                WatchCallbacks /*callbacks*/) override {
    return nullptr;
  }

  void Forget(const std::string& /*address*/) override {}  // nothing is kept

 private:
  const std::string name_;
  const std::shared_ptr<const HealthCheck> check_;
  EventLoop& loop_;
};

}  // namespace

std::shared_ptr<Prober> MakeCustomProber(std::string name, HealthCheck check, EventLoop& loop) {
  return std::make_shared<CustomProber>(std::move(name), std::move(check), loop);
}

}  // namespace nines

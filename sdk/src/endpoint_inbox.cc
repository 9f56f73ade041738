// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nines/resolver.h"
#include "sync/mutex.h"

namespace nines {
namespace {

class Inbox final : public EndpointInbox, public std::enable_shared_from_this<Inbox> {
 public:
  explicit Inbox(EventLoop& loop) : loop_(loop) {}

  void Put(EndpointList endpoints) override {
    {
      MutexLock lock(mutex_);
      latest_ = std::move(endpoints);
    }
    PostDelivery();
  }

  std::unique_ptr<EventLoop::Handle> Watch(OnList on_list) override {
    auto watch = std::make_shared<OnList>(std::move(on_list));
    watch_ = watch;
    PostDelivery();
    return std::make_unique<WatchHandle>(std::move(watch));
  }

 private:
  class WatchHandle final : public EventLoop::Handle {
   public:
    explicit WatchHandle(std::shared_ptr<OnList> watch) : watch_(std::move(watch)) {}

   private:
    const std::shared_ptr<OnList> watch_;
  };

  // One callback at a time is on its way, and takes what is latest then: whoever puts lists without
  // end fills no queue.
  void PostDelivery() {
    {
      MutexLock lock(mutex_);
      if (!latest_.has_value() || std::exchange(is_posted_, true)) return;
    }
    loop_.Post([weak = weak_from_this()] {
      if (const std::shared_ptr<Inbox> self = weak.lock()) self->DeliverOnLoop();
    });
  }

  void DeliverOnLoop() {
    std::optional<EndpointList> list;
    {
      MutexLock lock(mutex_);
      is_posted_ = false;
      list = latest_;
    }
    if (const std::shared_ptr<OnList> watch = watch_.lock()) (*watch)(*std::move(list));
  }

  EventLoop& loop_;
  std::weak_ptr<OnList> watch_;  // loop thread only

  Mutex mutex_;
  std::optional<EndpointList> latest_ ABSL_GUARDED_BY(mutex_);  // none: nothing was put yet
  bool is_posted_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

std::shared_ptr<EndpointInbox> MakeEndpointInbox(EventLoop& loop) {
  return std::make_shared<Inbox>(loop);
}

// Others keep the list. NOLINTBEGIN(performance-unnecessary-value-param)
absl::StatusOr<EndpointList> ResolverFactory::AcceptEndpoints(const Target& target,
                                                              EndpointList /*endpoints*/) const {
  // NOLINTEND(performance-unnecessary-value-param)
  return absl::FailedPreconditionError(
      absl::StrCat(target.ToString(), ": scheme '", target.scheme,
                   "' finds its endpoints itself; a program hands over those of manual:///name"));
}

}  // namespace nines

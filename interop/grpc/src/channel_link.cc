// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "channel_link.h"

#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace nines {
namespace {

using Holder = std::shared_ptr<ChannelLink>;

void* Copy(void* holder) { return new Holder(*static_cast<Holder*>(holder)); }
void Destroy(void* holder) { delete static_cast<Holder*>(holder); }
int Compare(void* a, void* b) {
  const ChannelLink* left = static_cast<Holder*>(a)->get();
  const ChannelLink* right = static_cast<Holder*>(b)->get();
  if (left == right) return 0;
  return std::less<>()(left, right) ? -1 : 1;
}

}  // namespace

RetryGate& ChannelLink::UseRetryGate(const RetryLimits& limits) {
  const std::lock_guard<std::mutex> lock(mutex_);
  RetryGate& gate = retry_gates_.Use(limits);
  retry_gate_.store(&gate, std::memory_order_release);
  return gate;
}

absl::Status ChannelLink::SetEndpoints(EndpointList endpoints) {
  const absl::StatusOr<Target> target = ParseTarget(target_);
  if (!target.ok()) return target.status();
  const ResolverFactory* factory = registry_.FindResolver(target->scheme);
  if (factory == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat(target_, ": gRPC finds the endpoints of scheme '", target->scheme, "'"));
  }
  auto accepted = factory->AcceptEndpoints(*target, std::move(endpoints));
  if (!accepted.ok()) return accepted.status();
  inbox_->Put(*std::move(accepted));
  return absl::OkStatus();
}

void ChannelLink::Refresh() {
  std::function<void()> refresh;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    refresh = refresh_;
  }
  if (refresh) refresh();
}

void ChannelLink::set_refresh(const void* owner, std::function<void()> refresh) {
  const std::lock_guard<std::mutex> lock(mutex_);
  refresh_.swap(refresh);  // the one before goes after the lock
  refresh_owner_ = owner;
}

void ChannelLink::DropRefresh(const void* owner) {
  std::function<void()> dropped;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (refresh_owner_ == owner) refresh_.swap(dropped);
}

const grpc_arg_pointer_vtable* ChannelLinkVtable() {
  static constexpr grpc_arg_pointer_vtable kVtable = {Copy, Destroy, Compare};
  return &kVtable;
}

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "ninesctl/discovery.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nines/registry.h"

namespace nines::ctl {

absl::StatusOr<std::unique_ptr<Discovery>> Discovery::Create(const std::string& target,
                                                             std::shared_ptr<EventLoop> loop) {
  absl::StatusOr<Target> parsed = ParseTarget(target);
  if (!parsed.ok()) return parsed.status();
  const auto factory = BuiltinRegistry().FindResolverFor(*parsed);
  if (!factory.ok()) return factory.status();
  return std::unique_ptr<Discovery>(new Discovery(*std::move(parsed), **factory, std::move(loop)));
}

Discovery::Discovery(Target target, const ResolverFactory& factory, std::shared_ptr<EventLoop> loop)
    : target_(std::move(target)),
      authority_(factory.DefaultAuthority(target_)),
      loop_(std::move(loop)),
      start_(loop_->clock().Now()) {
  RunOnLoopAndWait(*loop_, [&] {
    resolver_ = factory.MakeResolver(target_, {loop_.get(), &ProcessRandom(), this});
    resolver_->Start();
  });
}

Discovery::~Discovery() {
  RunOnLoopAndWait(*loop_, [this] { resolver_.reset(); });
}

Discovery::Found Discovery::Next(absl::Duration timeout) {
  std::unique_lock<std::mutex> lock(mutex_);
  const auto has_one = [this] { return !found_.empty(); };
  if (timeout == absl::InfiniteDuration()) {
    added_.wait(lock, has_one);
  } else if (!added_.wait_for(lock, absl::ToChronoNanoseconds(timeout), has_one)) {
    return {{},
            absl::DeadlineExceededError(absl::StrCat(target_.ToString(), ": no answer within ",
                                                     absl::FormatDuration(timeout))),
            timeout};
  }
  Found next = std::move(found_.front());
  found_.pop_front();
  return next;
}

void Discovery::OnEndpoints(EndpointList endpoints) { Add(std::move(endpoints), absl::OkStatus()); }

void Discovery::OnResolveError(const absl::Status& status) { Add({}, status); }

void Discovery::Add(EndpointList endpoints, const absl::Status& error) {
  const absl::Duration took = loop_->clock().Now() - start_;
  // A copy that shares nothing with the resolver's: Abseil counts who shares a status where
  // ThreadSanitizer does not see it (docs/decisions/sanitizers.md).
  absl::Status own_error(error.code(), error.message());
  const std::lock_guard<std::mutex> lock(mutex_);
  found_.push_back({std::move(endpoints), std::move(own_error), took});
  added_.notify_one();
}

absl::StatusOr<Endpoints> FindEndpoints(const std::string& target, absl::Duration timeout) {
  const auto loop = BuiltinRegistry().CreateEventLoop();
  if (!loop.ok()) return loop.status();
  const auto discovery = Discovery::Create(target, *loop);
  if (!discovery.ok()) return discovery.status();
  Discovery::Found found = (*discovery)->Next(timeout);
  if (!found.error.ok()) {
    // Most messages of resolvers name the target already.
    const absl::string_view why = found.error.message();
    return absl::UnavailableError(absl::StrContains(why, target) ? std::string(why)
                                                                 : absl::StrCat(target, ": ", why));
  }
  if (found.endpoints.empty()) {
    return absl::UnavailableError(absl::StrCat(target, ": has no endpoints"));
  }
  return Endpoints{std::move(found.endpoints), (*discovery)->authority(), *loop};
}

}  // namespace nines::ctl

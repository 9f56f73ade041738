// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "client/balanced_client.h"

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "client/async_call.h"
#include "client/blocking_call.h"

namespace nines {
namespace {

// Calls that are woken may end, and let go of the client. On the loop's thread that must not happen
// beneath its resolver and its probes, who bring the news: there, calls wake when those are done.
absl::AnyInvocable<void()> AnnounceTo(std::shared_ptr<Readiness> readiness, EventLoop* loop) {
  return [readiness = std::move(readiness), loop] {
    if (!loop->IsLoopThread()) return readiness->Announce();
    loop->Post([readiness] { readiness->Announce(); });
  };
}

}  // namespace

BalancedClient::BalancedClient(Parts parts)
    : target_(std::move(parts.target)),
      target_name_(target_.ToString()),
      configure_(std::move(parts.configure)),
      resolver_factory_(*parts.resolver_factory),
      loop_(std::move(parts.loop)),
      inbox_(MakeEndpointInbox(*loop_)),
      clock_(loop_->clock()),
      random_(*parts.random),
      first_rules_(std::move(parts.configured.config), retry_gates_, nullptr),
      readiness_(std::make_shared<Readiness>(clock_)),
      timers_(std::make_shared<CallTimers>(*loop_)),
      subset_seed_(random_.Next()),
      snapshots_(std::move(parts.snapshots)) {
  Balancer::Options options;
  options.target = target_name_;
  options.config = first_rules_.config.balancer;
  options.policy = std::move(parts.configured.policy);
  options.prober = std::move(parts.configured.prober);
  options.loop = loop_;
  options.random = &random_;
  options.observer = std::move(parts.observer);
  options.on_pickable = AnnounceTo(readiness_, loop_.get());
  balancer_ = Balancer::Create(std::move(options));
  if (snapshots_ != nullptr) {
    snapshots_->Attach(balancer_);
    for (const HeldOverride& held : snapshots_->overrides()) {
      balancer_->SetOverride(held.address, held.wish).IgnoreError();  // it was checked when read
    }
  }
  RunOnLoopAndWait(*loop_, [this] { StartResolver(); });
}

void BalancedClient::StartResolver() {
  const ResolverContext context{loop_.get(), &random_, this, inbox_.get()};
  resolver_ = snapshots_ != nullptr ? snapshots_->MakeResolver(resolver_factory_, target_, context)
                                    : resolver_factory_.MakeResolver(target_, context);
  resolver_->Start();
}

BalancedClient::~BalancedClient() {
  Shutdown();
  RunOnLoopAndWait(*loop_, [this] { timers_->Stop(); });
}

void BalancedClient::Shutdown() {
  // The resolver first: it calls the balancer.
  RunOnLoopAndWait(*loop_, [this] { resolver_.reset(); });
  if (snapshots_ != nullptr) snapshots_->Stop();
  balancer_->Shutdown();
  readiness_->Shutdown();
}

void BalancedClient::OnEndpoints(EndpointList endpoints) {
  balancer_->Update(
      SelectSubset(std::move(endpoints), rules()->config.balancer.subset_size, subset_seed_));
  const absl::Status problem = std::exchange(config_problem_, absl::OkStatus());
  if (!problem.ok()) OnResolveError(problem);
}

void BalancedClient::OnServiceConfig(std::string json) {
  absl::StatusOr<Configured> configured = configure_(json);
  if (!configured.ok()) {
    config_problem_ = absl::Status(
        configured.status().code(),
        absl::StrCat(target_name_, ": service config: ", configured.status().message()));
    return;
  }
  const auto late =
      std::make_shared<CallRules>(std::move(configured->config), retry_gates_, rules().get());
  rules_.Set(late);
  balancer_->Reconfigure(late->config.balancer, std::move(configured->policy),
                         std::move(configured->prober));
}

PickResult BalancedClient::Pick(const Call& call, CallMemory& memory) {
  return balancer_->Pick(call, memory);
}

absl::Status BalancedClient::SetEndpoints(EndpointList endpoints) {
  auto accepted = resolver_factory_.AcceptEndpoints(target_, std::move(endpoints));
  if (!accepted.ok()) return accepted.status();
  if (readiness_->is_shut_down()) {
    return absl::FailedPreconditionError(absl::StrCat(target_name_, ": shut down"));
  }
  inbox_->Put(*std::move(accepted));
  return absl::OkStatus();
}

void BalancedClient::Refresh() {
  // Not waited for: whoever calls may do so for each of a thousand failing calls.
  loop_->Post([client = weak_from_this()] {
    const std::shared_ptr<BalancedClient> self = client.lock();
    if (self != nullptr && self->resolver_ != nullptr) self->resolver_->Refresh();
  });
}

absl::Status BalancedClient::WaitUntilReady(absl::Duration timeout) {
  const absl::Time deadline = clock_.Now() + timeout;
  while (true) {
    const uint64_t seen = readiness_->changes();
    CallMemory memory;
    const PickResult result = balancer_->Pick(Call{}, memory);
    if (std::holds_alternative<Picked>(result)) return absl::OkStatus();
    if (readiness_->WaitForChange(seen, deadline)) continue;
    const auto* unavailable = std::get_if<Unavailable>(&result);
    return absl::DeadlineExceededError(
        absl::StrCat(target_name_, ": not ready after ", absl::FormatDuration(timeout), ": ",
                     unavailable != nullptr ? unavailable->status.message() : "not resolved yet"));
  }
}

absl::Status BalancedClient::Run(const Call& call,
                                 absl::FunctionRef<absl::Status(const Attempt&)> attempt) {
  const CallParts all = parts();
  return BlockingCall(all, call, clock_.Now()).Run(attempt);
}

CallHandle BalancedClient::RunAsync(const Call& call, AttemptStarter start, CallDone done) {
  auto async = std::make_shared<AsyncCall>(shared_from_this(), parts(), *timers_, call,
                                           std::move(start), std::move(done));
  async->Start();
  return CallHandle(async);
}

}  // namespace nines

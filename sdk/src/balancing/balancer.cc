// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/balancer.h"

#include <utility>

#include "absl/base/attributes.h"
#include "balancing/balancer_core.h"

namespace nines {
namespace {

LeaseCount::Place EndOf(bool is_in_word) {
  return is_in_word ? LeaseCount::Place::kWord : LeaseCount::Place::kCellIfInUse;
}

}  // namespace

Lease& Lease::operator=(Lease&& other) noexcept {
  std::swap(state_, other.state_);
  std::swap(generation_, other.generation_);
  std::swap(is_trial_, other.is_trial_);
  std::swap(is_counted_, other.is_counted_);
  std::swap(is_in_word_, other.is_in_word_);
  return *this;
}

void Lease::Drop() {
  if (is_counted_) state_->EndCounted();
  if (is_trial_) state_->DropTrial(generation_);
  state_->Unlease(EndOf(is_in_word_));
}

const Endpoint& Lease::endpoint() const { return state_->endpoint(); }
std::shared_ptr<const Endpoint> Lease::latest_endpoint() const { return state_->latest_endpoint(); }
void* Lease::attachment() const { return state_->attachment(); }
uint64_t Lease::endpoint_id() const { return state_->id(); }

absl::Duration Lease::typical_latency() const {
  return absl::Nanoseconds(static_cast<int64_t>(state_->typical_latency()));
}

void Lease::Report(const Outcome& outcome) { End(outcome, nullptr); }

void Lease::Report(const Outcome& outcome, CallMemory& memory) { End(outcome, &memory); }

void Lease::End(const Outcome& outcome, CallMemory* memory) {
  EndpointState* state = std::exchange(state_, nullptr);
  if (is_counted_) state->EndCounted();
  const auto grant = is_trial_ ? EndpointState::Grant::kTrial : EndpointState::Grant::kCall;
  state->Report({grant, generation_, EndOf(is_in_word_)}, outcome, memory);
}

std::shared_ptr<Balancer> Balancer::Create(Options options) {
  auto core = std::make_shared<Core>(std::move(options));
  core->Start();
  return std::shared_ptr<Balancer>(new Balancer(std::move(core)));
}

Balancer::Balancer(std::shared_ptr<Core> core) : core_(std::move(core)) {}

Balancer::~Balancer() { core_->Shutdown(); }

void Balancer::Update(const EndpointList& endpoints,
                      absl::FunctionRef<void*(const Endpoint&)> attach) {
  core_->Update(endpoints, attach);
}

void Balancer::Reconfigure(BalancerConfig config, std::shared_ptr<const Policy> policy,
                           std::shared_ptr<Prober> prober) {
  core_->Reconfigure(std::move(config), std::move(policy), std::move(prober));
}

void Balancer::SetConnectivity(absl::string_view address, Connectivity connectivity,
                               const absl::Status& status) {
  core_->SetConnectivity(address, connectivity, status);
}

absl::Status Balancer::SetOverride(absl::string_view address, const Override& wish) {
  return core_->SetOverride(address, wish);
}

absl::StatusOr<LearnedState> Balancer::Learned() const { return core_->Learned(); }

void Balancer::Restore(std::vector<LearnedEndpoint> learned, absl::Time as_of) {
  core_->Restore(std::move(learned), as_of);
}

void Balancer::SetResolveError(const absl::Status& status) { core_->SetResolveError(status); }

PickResult Balancer::Pick(const Call& call, CallMemory& memory) {
  return core_->Pick(call, memory);
}

bool Balancer::CanPickUntried(const CallMemory& memory) const {
  return core_->CanPickUntried(memory);
}

bool Balancer::MayEndIn(absl::Duration time_left, const CallMemory& memory) const {
  return core_->MayEndIn(time_left, memory);
}

std::vector<EndpointStatus> Balancer::Endpoints() const { return core_->Endpoints(); }

std::vector<CandidateVerdict> Balancer::Explain(const Call& call) const {
  return core_->Explain(call);
}

Balancer::Counters Balancer::counters() const { return core_->counters(); }

void Balancer::Shutdown() { core_->Shutdown(); }

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "core_1_51/lb_picker.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "call_metadata.h"
#include "core_1_51/per_call.h"
#include "nines/clock.h"

namespace nines {
namespace {

using MetadataInterface = grpc_core::LoadBalancingPolicy::MetadataInterface;

std::string_view ToStd(absl::string_view text) { return {text.data(), text.size()}; }

// The call's metadata as gRPC shows it to a pick.
class PickHeaders final : public CallHeaders {
 public:
  explicit PickHeaders(const MetadataInterface& metadata) : metadata_(metadata) {}

  std::optional<absl::string_view> Get(absl::string_view name, std::string* buffer) const override {
    const auto value = metadata_.Lookup(name, buffer);
    if (!value.has_value()) return std::nullopt;
    return *value;
  }

 private:
  const MetadataInterface& metadata_;
};

// What there is for channels that have no PerCall: the metadata only. The buffers hold what the
// views of `call` point to.
struct MetadataKeys {
  std::string hash_key;
  std::string client_ip;
  std::string attempts;

  void Fill(const MetadataInterface& metadata, Call* call) {
    if (const auto key = metadata.Lookup(kHashKeyMetadata, &hash_key)) {
      call->hash_key = ToStd(*key);
    }
    if (const auto ip = metadata.Lookup(kClientIpMetadata, &client_ip)) {
      call->client_ip = ToStd(*ip);
    }
    const auto previous = metadata.Lookup(kPreviousAttemptsMetadata, &attempts);
    uint32_t count = 0;
    if (previous.has_value() && absl::SimpleAtoi(*previous, &count)) {
      call->forgotten_attempts = count;
    }
  }
};

}  // namespace

LbPicker::GrpcPickResult LbPicker::Pick(PickArgs args) {
  const PickHeaders headers(*args.initial_metadata);
  Call call;
  call.method = ToStd(args.path);
  call.headers = &headers;

  PerCall* const per_call = FindPerCall(args);
  MetadataKeys keys;
  CallMemory one_attempt;
  if (per_call != nullptr) {
    call.hash_key = per_call->hash_key;
    call.client_ip = per_call->client_ip;
    call.request_content = per_call->content_hash;
    if (per_call->shared != nullptr) per_call->shared->AddTriedTo(per_call->memory);
  } else {
    keys.Fill(*args.initial_metadata, &call);
    if (tracking_.retry_budget != nullptr && call.forgotten_attempts == 0) {
      tracking_.retry_budget->Deposit(ProcessClock().Now());
    }
  }
  CallMemory& memory = per_call != nullptr ? per_call->memory : one_attempt;

  PickResult result = state_->balancer->Pick(call, memory);
  if (auto* picked = std::get_if<Picked>(&result)) {
    auto* subchannel = static_cast<grpc_core::SubchannelInterface*>(picked->lease.attachment());
    return GrpcPickResult::Complete(
        subchannel->Ref(), std::make_unique<AttemptTracker>(tracking_, std::move(picked->lease),
                                                            per_call, call.forgotten_attempts));
  }
  if (state_->is_shut_down.load(std::memory_order_relaxed)) return GrpcPickResult::Queue();
  if (auto* unavailable = std::get_if<Unavailable>(&result)) {
    return GrpcPickResult::Fail(std::move(unavailable->status));
  }
  return GrpcPickResult::Queue();
}

}  // namespace nines

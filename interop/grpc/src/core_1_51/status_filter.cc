// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "core_1_51/status_filter.h"

#include <new>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core_1_51/per_call.h"
#include "nines/clock.h"
#include "src/core/lib/channel/context.h"
#include "src/core/lib/gprpp/status_helper.h"
#include "src/core/lib/iomgr/closure.h"
#include "src/core/lib/iomgr/error.h"
#include "src/core/lib/service_config/service_config_call_data.h"
#include "src/core/lib/transport/error_utils.h"
#include "src/core/lib/transport/metadata_batch.h"

namespace nines {
namespace {

std::string_view ToStd(absl::string_view text) { return {text.data(), text.size()}; }

// How the call ended, as the program will see it.
struct Ending {
  grpc_status_code code = GRPC_STATUS_UNKNOWN;
  std::string message;
  bool is_from_server = false;
};

Ending EndingOf(const grpc_metadata_batch& trailers, const grpc_error_handle& error) {
  Ending ending;
  if (!error.ok()) {
    grpc_error_get_status(error, grpc_core::Timestamp::InfFuture(), &ending.code, &ending.message,
                          nullptr, nullptr);
    return ending;
  }
  ending.code = trailers.get(grpc_core::GrpcStatusMetadata()).value_or(GRPC_STATUS_UNKNOWN);
  if (const auto* message = trailers.get_pointer(grpc_core::GrpcMessageMetadata())) {
    ending.message = std::string(message->as_string_view());
  }
  ending.is_from_server = trailers.get(grpc_core::GrpcStatusFromWire()).value_or(false);
  return ending;
}

bool IsToBeExplained(const PerCall& call, const Ending& ending) {
  if (ending.code == GRPC_STATUS_OK || call.log.count() == 0) return false;
  // The caller's own wish, or an attempt that took too long.
  if (ending.code == GRPC_STATUS_CANCELLED) {
    return absl::StrContains(ending.message, "perAttemptRecvTimeout");
  }
  if (!ending.is_from_server) return true;
  return call.retry_policy != nullptr &&
         call.retry_policy->retryable_status_codes().Contains(ending.code);
}

grpc_error_handle WithMessage(const Ending& ending, const std::string& message,
                              const grpc_error_handle& error) {
  return grpc_error_set_str(
      grpc_error_set_int(
          grpc_core::StatusCreate(absl::StatusCode::kUnknown, message, DEBUG_LOCATION, {error}),
          grpc_core::StatusIntProperty::kRpcStatus, ending.code),
      grpc_core::StatusStrProperty::kGrpcMessage, message);
}

// The error, or the message among the trailers, completed.
grpc_error_handle Explain(const PerCall& call, grpc_metadata_batch& trailers,
                          const grpc_error_handle& error) {
  const Ending ending = EndingOf(trailers, error);
  if (!IsToBeExplained(call, ending)) return error;
  const std::string message =
      absl::StrCat(ending.message, ending.message.empty() ? "" : " ",
                   "(nines: ", call.log.Describe(ProcessClock().Now(), ToStd(ending.message)), ")");
  if (!error.ok()) return WithMessage(ending, message, error);
  trailers.Set(grpc_core::GrpcMessageMetadata(), grpc_core::Slice::FromCopiedString(message));
  return error;
}

// Of one call. Confined to its call combiner.
struct CallState {
  PerCall* call = nullptr;
  grpc_metadata_batch* trailers = nullptr;
  grpc_closure* original = nullptr;
  grpc_closure closure;

  void Intercept(grpc_transport_stream_op_batch* batch) {
    auto& op = batch->payload->recv_trailing_metadata;
    trailers = op.recv_trailing_metadata;
    original = op.recv_trailing_metadata_ready;
    GRPC_CLOSURE_INIT(&closure, OnTrailers, this, nullptr);
    op.recv_trailing_metadata_ready = &closure;
  }

  // The parameters are those of gRPC's callbacks.
  // NOLINTNEXTLINE(performance-unnecessary-value-param)
  static void OnTrailers(void* arg, grpc_error_handle error) {
    auto* self = static_cast<CallState*>(arg);
    self->call->GiveBackUnlessBegun();  // nothing begins after the call's end
    // What the filter below was told is nothing that the server said.
    if (self->call->has_own_pushback) {
      self->trailers->Remove(grpc_core::GrpcRetryPushbackMsMetadata());
    }
    grpc_core::Closure::Run(DEBUG_LOCATION, self->original,
                            Explain(*self->call, *self->trailers, error));
  }
};

CallState* StateOf(grpc_call_element* element) {
  return static_cast<CallState*>(element->call_data);
}

void StartBatch(grpc_call_element* element, grpc_transport_stream_op_batch* batch) {
  CallState* state = StateOf(element);
  if (batch->recv_trailing_metadata && state->call != nullptr) state->Intercept(batch);
  grpc_call_next_op(element, batch);
}

grpc_error_handle InitCall(grpc_call_element* element, const grpc_call_element_args* args) {
  auto* state = new (element->call_data) CallState();
  const auto* call_data = static_cast<grpc_core::ServiceConfigCallData*>(
      args->context[GRPC_CONTEXT_SERVICE_CONFIG_CALL_DATA].value);
  if (call_data != nullptr) state->call = FindPerCall(*call_data);
  return absl::OkStatus();
}

void DestroyCall(grpc_call_element* element, const grpc_call_final_info* /*info*/,
                 grpc_closure* /*then*/) {
  StateOf(element)->~CallState();
}

grpc_error_handle InitChannel(grpc_channel_element* /*element*/,
                              grpc_channel_element_args* /*args*/) {
  return absl::OkStatus();
}

void DestroyChannel(grpc_channel_element* /*element*/) {}

}  // namespace

const grpc_channel_filter kStatusFilter = {
    StartBatch,
    nullptr,  // no promises in gRPC 1.51's channel
    grpc_channel_next_op,
    sizeof(CallState),
    InitCall,
    grpc_call_stack_ignore_set_pollset_or_pollset_set,
    DestroyCall,
    0,
    InitChannel,
    grpc_channel_stack_no_post_init,
    DestroyChannel,
    grpc_channel_next_get_info,
    "nines_status",
};

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "bare_checks.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <grpc/byte_buffer.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/support/time.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "process_cost.h"

namespace nines::bench {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(2);
constexpr absl::Duration kTick = absl::Milliseconds(100);
// As interop/grpc's LoopCompletions.
constexpr absl::Duration kFirstLook = absl::Milliseconds(1);
constexpr absl::Duration kLastLook = absl::Milliseconds(5);

/// Those of interop/grpc/src/health_prober.cc that cost time or save it.
class ProbeArguments {
 public:
  const grpc_channel_args* get() const { return &arguments_; }

 private:
  static grpc_arg Integer(const char* key, int value) {
    grpc_arg argument;
    argument.type = GRPC_ARG_INTEGER;
    argument.key = const_cast<char*>(key);  // gRPC only reads it
    argument.value.integer = value;
    return argument;
  }

  std::array<grpc_arg, 5> list_ = {
      Integer(GRPC_ARG_ENABLE_RETRIES, 0), Integer(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1),
      Integer(GRPC_ARG_HTTP2_BDP_PROBE, 0), Integer(GRPC_ARG_ENABLE_CHANNELZ, 0),
      Integer(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1)};
  const grpc_channel_args arguments_ = {list_.size(), list_.data()};
};

/// One endpoint's channel, and its call of the moment.
class Checker {
 public:
  Checker(const std::string& address, grpc_completion_queue* queue)
      : queue_(queue), request_(grpc_raw_byte_buffer_create(nullptr, 0)) {
    grpc_channel_credentials* const credentials = grpc_insecure_credentials_create();
    const ProbeArguments arguments;
    channel_ =
        grpc_channel_create(absl::StrCat("ipv4:", address).c_str(), credentials, arguments.get());
    grpc_channel_credentials_release(credentials);
  }
  Checker(const Checker&) = delete;
  Checker& operator=(const Checker&) = delete;
  ~Checker() {
    grpc_byte_buffer_destroy(request_);
    grpc_channel_destroy(channel_);
  }

  bool is_under_way() const { return call_ != nullptr; }

  // REQUIRES: none is under way.
  void Begin() {
    const gpr_timespec deadline =
        gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_seconds(1, GPR_TIMESPAN));
    call_ = grpc_channel_create_call(channel_, nullptr, GRPC_PROPAGATE_DEFAULTS, queue_,
                                     grpc_slice_from_static_string("/grpc.health.v1.Health/Check"),
                                     nullptr, deadline, nullptr);
    grpc_metadata_array_init(&initial_);
    grpc_metadata_array_init(&trailing_);
    std::array<grpc_op, 6> batch = {};
    batch[0].op = GRPC_OP_SEND_INITIAL_METADATA;
    batch[1].op = GRPC_OP_SEND_MESSAGE;
    batch[1].data.send_message.send_message = request_;
    batch[2].op = GRPC_OP_SEND_CLOSE_FROM_CLIENT;
    batch[3].op = GRPC_OP_RECV_INITIAL_METADATA;
    batch[3].data.recv_initial_metadata.recv_initial_metadata = &initial_;
    batch[4].op = GRPC_OP_RECV_MESSAGE;
    batch[4].data.recv_message.recv_message = &answer_;
    batch[5].op = GRPC_OP_RECV_STATUS_ON_CLIENT;
    batch[5].data.recv_status_on_client = {&trailing_, &status_, &details_, nullptr};
    grpc_call_start_batch(call_, batch.data(), batch.size(), this, nullptr);
  }

  // The call's batch has ended; returns whether it succeeded.
  bool End() {
    if (answer_ != nullptr) grpc_byte_buffer_destroy(answer_);
    answer_ = nullptr;
    grpc_slice_unref(details_);
    grpc_metadata_array_destroy(&initial_);
    grpc_metadata_array_destroy(&trailing_);
    grpc_call_unref(call_);
    call_ = nullptr;
    return status_ == GRPC_STATUS_OK;
  }

 private:
  grpc_completion_queue* const queue_;
  grpc_byte_buffer* const request_;
  grpc_channel* channel_;
  grpc_call* call_ = nullptr;
  grpc_metadata_array initial_;
  grpc_metadata_array trailing_;
  grpc_byte_buffer* answer_ = nullptr;
  grpc_status_code status_;
  grpc_slice details_;
};

/// All of them, round and round.
class Checks {
 public:
  explicit Checks(const std::vector<std::string>& addresses)
      : queue_(grpc_completion_queue_create_for_next(nullptr)) {
    for (const std::string& address : addresses) {
      checkers_.push_back(std::make_unique<Checker>(address, queue_));
    }
    at_once_ = static_cast<size_t>(static_cast<double>(addresses.size()) *
                                   absl::FDivDuration(kTick, kInterval));
  }
  ~Checks() {
    while (under_way_ != 0) Look(gpr_inf_future(GPR_CLOCK_MONOTONIC));
    checkers_.clear();
    grpc_completion_queue_shutdown(queue_);
    grpc_completion_queue_next(queue_, gpr_inf_future(GPR_CLOCK_MONOTONIC), nullptr);
    grpc_completion_queue_destroy(queue_);
  }

  void RunFor(absl::Duration length) {
    const absl::Time begin = absl::Now();
    for (absl::Time tick = begin; tick < begin + length; tick += kTick) {
      absl::SleepFor(tick - absl::Now());
      BeginSome();
      absl::Duration pause = kFirstLook;
      while (under_way_ != 0 && absl::Now() + pause < tick + kTick) {
        absl::SleepFor(pause);
        pause = std::min(2 * pause, kLastLook);
        LookUntilNoneEnds();
      }
    }
  }

  uint64_t succeeded() const { return succeeded_; }
  uint64_t failed() const { return failed_; }

 private:
  void BeginSome() {
    for (size_t i = 0; i < at_once_; ++i) {
      Checker& checker = *checkers_[next_++ % checkers_.size()];
      if (checker.is_under_way()) continue;
      checker.Begin();
      ++under_way_;
    }
  }

  // One look takes in one event of one connection, which need not end a call.
  void LookUntilNoneEnds() {
    constexpr int kEmptyLooks = 3;
    for (int empty = 0; empty < kEmptyLooks && under_way_ != 0;) {
      empty = Look(gpr_inf_past(GPR_CLOCK_MONOTONIC)) ? 0 : empty + 1;
    }
  }

  // Whether a call ended until then.
  bool Look(gpr_timespec until) {
    const grpc_event event = grpc_completion_queue_next(queue_, until, nullptr);
    if (event.type != GRPC_OP_COMPLETE) return false;
    --under_way_;
    ++(static_cast<Checker*>(event.tag)->End() ? succeeded_ : failed_);
    return true;
  }

  grpc_completion_queue* const queue_;
  std::vector<std::unique_ptr<Checker>> checkers_;
  size_t at_once_ = 0;
  size_t next_ = 0;
  size_t under_way_ = 0;
  uint64_t succeeded_ = 0;
  uint64_t failed_ = 0;
};

struct Grpc {
  Grpc() { grpc_init(); }
  ~Grpc() { grpc_shutdown(); }
};

}  // namespace

absl::StatusOr<double> MeasureBareChecks(const std::vector<std::string>& addresses,
                                         absl::Duration settling, absl::Duration length) {
  const Grpc grpc;
  Checks checks(addresses);
  checks.RunFor(settling);
  const uint64_t failed_before = checks.failed();
  const uint64_t succeeded_before = checks.succeeded();
  const absl::Time begin = absl::Now();
  const absl::Duration used_before = ProcessorTime();
  checks.RunFor(length);
  const double share = absl::FDivDuration(ProcessorTime() - used_before, absl::Now() - begin);
  const uint64_t failed = checks.failed() - failed_before;
  const uint64_t succeeded = checks.succeeded() - succeeded_before;
  if (failed == 0 && succeeded != 0) return 100 * share;
  return absl::InternalError(
      absl::StrCat("of gRPC's bare health checks ", succeeded, " succeeded, ", failed, " failed"));
}

}  // namespace nines::bench

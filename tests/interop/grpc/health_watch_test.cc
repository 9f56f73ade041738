// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// grpc.health.v1.Health/Watch: what servers say of themselves unasked.

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "health_prober.h"
#include "nines/event_loop.h"
#include "nines/uv_event_loop.h"
#include "support/probe_and_wait.h"
#include "testbed/backend.h"
#include "testbed/eventually.h"
#include "testbed/free_port.h"

namespace nines {
namespace {

using testbed::Backend;
using testbed::Eventually;
using ::testing::HasSubstr;

constexpr char kServing[] = "\x08\x01";
constexpr char kNotServing[] = "\x08\x02";

class HealthWatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    loop_ = *CreateUvEventLoop();
    prober_ = MakeHealthProber({"", /*watch=*/true}, ::grpc::InsecureChannelCredentials(), {},
                               {loop_.get(), "greeter.example"});
  }

  void TearDown() override { Stop(); }

  void StartBackend(bool has_health_service = true) {
    const absl::StatusOr<int> port = testbed::FindFreePort({"127.0.0.2"});
    ASSERT_TRUE(port.ok()) << port.status();
    auto backend = Backend::Start(
        {.address = absl::StrCat("127.0.0.2:", *port), .has_health_service = has_health_service});
    ASSERT_TRUE(backend.ok()) << backend.status();
    backend_ = *std::move(backend);
  }

  void Listen(const std::string& address) {
    RunOnLoopAndWait(*loop_, [&] {
      Prober::WatchCallbacks callbacks;
      callbacks.on_word = [this](absl::Status word) {
        const std::lock_guard<std::mutex> lock(mutex_);
        words_.push_back(std::move(word));
      };
      callbacks.on_end = [this](absl::Status why) {
        watch_.reset();  // as the contract allows
        const std::lock_guard<std::mutex> lock(mutex_);
        end_ = std::move(why);
      };
      watch_ = prober_->Listen(address, std::move(callbacks));
    });
  }

  void Stop() {
    RunOnLoopAndWait(*loop_, [&] { watch_.reset(); });
  }

  size_t word_count() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return words_.size();
  }
  absl::Status last_word() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return words_.empty() ? absl::NotFoundError("none yet") : words_.back();
  }
  bool LastWordBecomes(absl::StatusCode code) {
    return Eventually([&] { return last_word().code() == code; });
  }
  // How the watch ended.
  absl::Status WaitForEnd() {
    Eventually([&] {
      const std::lock_guard<std::mutex> lock(mutex_);
      return end_.has_value();
    });
    const std::lock_guard<std::mutex> lock(mutex_);
    return end_.value_or(absl::UnknownError("it goes on"));
  }

  std::shared_ptr<EventLoop> loop_;
  std::shared_ptr<Prober> prober_;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Prober::Probe> watch_;  // of the loop's thread

  std::mutex mutex_;  // guards what follows
  std::vector<absl::Status> words_;
  std::optional<absl::Status> end_;
};

TEST_F(HealthWatchTest, EachChangeIsHeard) {
  StartBackend();
  Listen(backend_->address());
  ASSERT_TRUE(LastWordBecomes(absl::StatusCode::kOk));

  ASSERT_TRUE(backend_->SayNotServing().ok());
  ASSERT_TRUE(LastWordBecomes(absl::StatusCode::kUnavailable));
  EXPECT_EQ(last_word().message(),
            absl::StrCat("health of service \"\" at ", backend_->address(), ": NOT_SERVING"));

  ASSERT_TRUE(backend_->SayServing().ok());
  EXPECT_TRUE(LastWordBecomes(absl::StatusCode::kOk));
}

TEST_F(HealthWatchTest, WithoutWatchInTheConfigNobodyListens) {
  StartBackend();
  prober_ = MakeHealthProber({""}, ::grpc::InsecureChannelCredentials(), {},
                             {loop_.get(), "greeter.example"});

  Listen(backend_->address());

  EXPECT_EQ(watch_, nullptr);
}

TEST_F(HealthWatchTest, EndsWithItsServer) {
  StartBackend();
  Listen(backend_->address());
  ASSERT_TRUE(LastWordBecomes(absl::StatusCode::kOk));

  ASSERT_TRUE(backend_->Kill().ok());

  EXPECT_EQ(WaitForEnd().code(), absl::StatusCode::kUnavailable);
}

TEST_F(HealthWatchTest, AServerWithoutHealthServiceSaysSo) {
  StartBackend(/*has_health_service=*/false);

  Listen(backend_->address());

  EXPECT_EQ(WaitForEnd().code(), absl::StatusCode::kUnimplemented);
}

TEST_F(HealthWatchTest, APortWithoutListenerIsTheEnd) {
  const absl::StatusOr<int> port = testbed::FindFreePort({"127.0.0.2"});
  ASSERT_TRUE(port.ok()) << port.status();

  Listen(absl::StrCat("127.0.0.2:", *port));

  EXPECT_EQ(WaitForEnd().code(), absl::StatusCode::kUnavailable);
}

// The stream itself would not be heard to end before TCP gives the connection up.
TEST_F(HealthWatchTest, AProbeThatFindsTheConnectionDeadEndsIt) {
  StartBackend();
  Listen(backend_->address());
  ASSERT_TRUE(LastWordBecomes(absl::StatusCode::kOk));
  ASSERT_TRUE(backend_->Hang().ok());

  ASSERT_EQ(ProbeAndWait(*loop_, *prober_, backend_->address(), absl::Milliseconds(50)).code(),
            absl::StatusCode::kDeadlineExceeded);

  EXPECT_EQ(WaitForEnd().code(), absl::StatusCode::kUnavailable);
  ASSERT_TRUE(backend_->Resume().ok());
}

TEST_F(HealthWatchTest, LoopAndProberMayEndWhileAStreamIsOpen) {
  StartBackend();
  for (int i = 0; i < 20; ++i) {
    Listen(backend_->address());
    if (i % 2 == 0) {
      ASSERT_TRUE(LastWordBecomes(absl::StatusCode::kOk));
    }
    Stop();
    prober_.reset();
    SetUp();
  }
}

/// Answers every call with messages, as fast as they are taken, whatever was asked.
class TalkingServer {
 public:
  /// Says these in turn, for ever if `is_endless`; else it is silent then.
  TalkingServer(std::vector<std::string> messages, bool is_endless) : service_(is_endless) {
    for (const std::string& message : messages) {
      const ::grpc::Slice slice(message);
      service_.messages.emplace_back(&slice, 1);
    }
    ::grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", ::grpc::InsecureServerCredentials(), &port_);
    builder.RegisterCallbackGenericService(&service_);
    server_ = builder.BuildAndStart();
  }
  ~TalkingServer() { server_->Shutdown(std::chrono::system_clock::now()); }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

 private:
  struct Service;

  class Talk final : public ::grpc::ServerGenericBidiReactor {
   public:
    explicit Talk(const Service& service) : service_(service) { SayNext(); }
    void OnWriteDone(bool ok) override {
      if (ok) {
        SayNext();
      } else {
        End();
      }
    }
    void OnCancel() override { End(); }
    void OnDone() override { delete this; }

   private:
    void SayNext() {
      if (next_ == service_.messages.size() && service_.is_endless) next_ = 0;
      if (next_ < service_.messages.size()) StartWrite(&service_.messages[next_++]);
    }
    void End() {
      std::call_once(ended_, [this] { Finish(::grpc::Status::CANCELLED); });
    }

    const Service& service_;
    size_t next_ = 0;
    std::once_flag ended_;
  };

  struct Service final : public ::grpc::CallbackGenericService {
    explicit Service(bool endless) : is_endless(endless) {}
    ::grpc::ServerGenericBidiReactor* CreateReactor(
        ::grpc::GenericCallbackServerContext* /*context*/) override {
      return new Talk(*this);
    }
    std::vector<::grpc::ByteBuffer> messages;
    const bool is_endless;
  };

  Service service_;
  int port_ = 0;
  std::unique_ptr<::grpc::Server> server_;
};

TEST_F(HealthWatchTest, WhatIsNoAnswerIsTheEnd) {
  const TalkingServer server({kServing, "\xff\xff"}, /*is_endless=*/false);

  Listen(server.address());

  const absl::Status end = WaitForEnd();
  EXPECT_EQ(end.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(end.message()), HasSubstr("not a HealthCheckResponse"));
}

TEST_F(HealthWatchTest, AMessageOfAnySizeIsTheEnd) {
  const TalkingServer server(
      {kServing, absl::StrCat("\x12\x80\x80\x40", std::string(1 << 20, 'x'))},
      /*is_endless=*/false);

  Listen(server.address());

  EXPECT_THAT(std::string(WaitForEnd().message()), HasSubstr("RESOURCE_EXHAUSTED"));
}

TEST_F(HealthWatchTest, AServerThatNeverStopsTalkingIsGivenUp) {
  const TalkingServer server({kServing, kNotServing}, /*is_endless=*/true);

  Listen(server.address());

  const absl::Status end = WaitForEnd();
  EXPECT_EQ(end.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(end.message()), HasSubstr("more than 1000 times a second"));
  EXPECT_LE(word_count(), 1000u);
}

TEST_F(HealthWatchTest, OfManyWordsTheLastOneIsHeard) {
  std::vector<std::string> messages;
  for (int i = 0; i < 100; ++i) messages.insert(messages.end(), {kServing, kNotServing});
  messages.push_back("\x08\x03");
  const TalkingServer server(std::move(messages), /*is_endless=*/false);

  Listen(server.address());

  EXPECT_TRUE(Eventually([&] { return absl::StrContains(last_word().message(), "UNKNOWN"); }));
  EXPECT_LE(word_count(), 201u);
}

}  // namespace
}  // namespace nines

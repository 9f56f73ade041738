// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// gRPC's health service, asked of a real server in a process of its own.

#include "health_prober.h"

#include <memory>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "nines/event_loop.h"
#include "nines/uv_event_loop.h"
#include "support/probe_and_wait.h"
#include "support/scripted_server.h"
#include "testbed/backend.h"
#include "testbed/free_port.h"

namespace nines {
namespace {

using testbed::Backend;
using ::testing::HasSubstr;

class HealthProberTest : public ::testing::Test {
 protected:
  void SetUp() override {
    loop_ = *CreateUvEventLoop();
    Make("");
  }

  void Make(const std::string& service_name) {
    prober_ = MakeHealthProber({service_name}, ::grpc::InsecureChannelCredentials(), {},
                               {loop_.get(), "greeter.example"});
  }

  void StartBackend(bool has_health_service = true) {
    const absl::StatusOr<int> port = testbed::FindFreePort({"127.0.0.2"});
    ASSERT_TRUE(port.ok()) << port.status();
    auto backend = Backend::Start(
        {.address = absl::StrCat("127.0.0.2:", *port), .has_health_service = has_health_service});
    ASSERT_TRUE(backend.ok()) << backend.status();
    backend_ = *std::move(backend);
  }

  absl::Status Probe(absl::Duration timeout = kLongTimeout) {
    return ProbeAndWait(*loop_, *prober_, backend_->address(), timeout);
  }

  std::shared_ptr<EventLoop> loop_;
  std::shared_ptr<Prober> prober_;
  std::unique_ptr<Backend> backend_;
};

TEST_F(HealthProberTest, IsOfKindGrpc) { EXPECT_STREQ(prober_->kind(), "grpc"); }

TEST_F(HealthProberTest, ServingIsWell) {
  StartBackend();

  EXPECT_EQ(Probe(), absl::OkStatus());
  EXPECT_EQ(Probe(), absl::OkStatus());
}

TEST_F(HealthProberTest, NotServingIsUnavailable) {
  StartBackend();
  Make("nines.testbed.Echo");
  ASSERT_EQ(Probe(), absl::OkStatus());

  ASSERT_TRUE(backend_->SayNotServing().ok());
  EXPECT_EQ(Probe(), absl::UnavailableError(absl::StrCat("health of service \"nines.testbed.Echo\" "
                                                         "at ",
                                                         backend_->address(), ": NOT_SERVING")));

  ASSERT_TRUE(backend_->SayServing().ok());
  EXPECT_EQ(Probe(), absl::OkStatus());
}

TEST_F(HealthProberTest, AServiceThatTheServerDoesNotKnowIsUnavailable) {
  StartBackend();
  Make("no.such.Service");

  const absl::Status status = Probe();

  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("it does not know this service"));
}

TEST_F(HealthProberTest, AServerWithoutHealthServiceIsNoVerdict) {
  StartBackend(/*has_health_service=*/false);

  EXPECT_EQ(Probe().code(), absl::StatusCode::kUnimplemented);
}

TEST_F(HealthProberTest, AServerThatComesBackIsWellAtTheNextProbe) {
  StartBackend();
  ASSERT_EQ(Probe(), absl::OkStatus());

  ASSERT_TRUE(backend_->Kill().ok());
  // More than one, so that a connection of gRPC's would be in its backoff.
  EXPECT_EQ(Probe().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Probe().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Probe().code(), absl::StatusCode::kUnavailable);

  ASSERT_TRUE(backend_->Restart().ok());
  EXPECT_EQ(Probe(), absl::OkStatus());
}

TEST_F(HealthProberTest, AServerThatHangsEndsInATimeout) {
  StartBackend();
  ASSERT_EQ(Probe(), absl::OkStatus());
  ASSERT_TRUE(backend_->Hang().ok());

  EXPECT_EQ(Probe(absl::Milliseconds(50)).code(), absl::StatusCode::kDeadlineExceeded);

  ASSERT_TRUE(backend_->Resume().ok());
  EXPECT_EQ(Probe(), absl::OkStatus());
}

TEST_F(HealthProberTest, AcceptingAndNeverAnsweringEndsInATimeout) {
  const ScriptedServer server({"", ScriptedServer::Script::End::kHang});

  EXPECT_EQ(ProbeAndWait(*loop_, *prober_, server.address(), absl::Milliseconds(50)).code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST_F(HealthProberTest, WhatIsNotGrpcIsUnavailable) {
  const ScriptedServer server({"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"});

  EXPECT_EQ(ProbeAndWait(*loop_, *prober_, server.address()).code(),
            absl::StatusCode::kUnavailable);
}

/// Answers every call, whatever its method, with one message and one status.
class OneAnswerServer {
 public:
  OneAnswerServer(const std::string& message, ::grpc::Status status)
      : service_(message, std::move(status)) {
    ::grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", ::grpc::InsecureServerCredentials(), &port_);
    builder.RegisterCallbackGenericService(&service_);
    server_ = builder.BuildAndStart();
  }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

 private:
  class Answer final : public ::grpc::ServerGenericBidiReactor {
   public:
    Answer(const ::grpc::ByteBuffer& message, const ::grpc::Status& status)
        : message_(message), status_(status) {
      if (status.ok()) {
        StartWriteAndFinish(&message_, {}, status_);
      } else {
        Finish(status_);
      }
    }
    void OnDone() override { delete this; }

   private:
    const ::grpc::ByteBuffer message_;
    const ::grpc::Status status_;
  };

  class Service final : public ::grpc::CallbackGenericService {
   public:
    Service(const std::string& message, ::grpc::Status status) : status_(std::move(status)) {
      const ::grpc::Slice slice(message);
      message_ = ::grpc::ByteBuffer(&slice, 1);
    }
    ::grpc::ServerGenericBidiReactor* CreateReactor(
        ::grpc::GenericCallbackServerContext* /*context*/) override {
      return new Answer(message_, status_);
    }

   private:
    ::grpc::ByteBuffer message_;
    const ::grpc::Status status_;
  };

  Service service_;
  int port_ = 0;
  std::unique_ptr<::grpc::Server> server_;
};

TEST_F(HealthProberTest, AnAnswerOfAnySizeIsBounded) {
  // A status of SERVING, after a field of a megabyte.
  const OneAnswerServer server(
      absl::StrCat("\x12\x80\x80\x40", std::string(1 << 20, 'x'), "\x08\x01"), ::grpc::Status::OK);

  const absl::Status status = ProbeAndWait(*loop_, *prober_, server.address());

  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("RESOURCE_EXHAUSTED"));
}

TEST_F(HealthProberTest, AnAnswerThatIsNoneIsUnavailable) {
  const OneAnswerServer server("\xff\xff", ::grpc::Status::OK);

  const absl::Status status = ProbeAndWait(*loop_, *prober_, server.address());

  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("not a HealthCheckResponse"));
}

// Else a server could keep itself from being judged.
TEST_F(HealthProberTest, AServersWantIsNotThisProcesss) {
  const OneAnswerServer server(
      "", ::grpc::Status(::grpc::StatusCode::RESOURCE_EXHAUSTED, "too many calls\x1b[0m"));

  EXPECT_EQ(ProbeAndWait(*loop_, *prober_, server.address()),
            absl::UnavailableError(absl::StrCat("health of service \"\" at ", server.address(),
                                                ": RESOURCE_EXHAUSTED: too many calls\\x1b[0m")));
}

// TLS with a server that has none: a wrong certificate is e2e_tls_test's.
TEST_F(HealthProberTest, AFailedHandshakeIsUnavailable) {
  StartBackend();
  prober_ =
      MakeHealthProber({""}, ::grpc::SslCredentials({}), {}, {loop_.get(), "greeter.example"});

  const absl::Status status = Probe();

  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr(backend_->address()));
}

TEST_F(HealthProberTest, WhatIsNoAddressIsUnavailable) {
  EXPECT_EQ(ProbeAndWait(*loop_, *prober_, "nonsense").code(), absl::StatusCode::kUnavailable);
}

TEST_F(HealthProberTest, ForgottenEndpointsMayBeProbedAgain) {
  StartBackend();
  ASSERT_EQ(Probe(), absl::OkStatus());

  RunOnLoopAndWait(*loop_, [&] { prober_->Forget(backend_->address()); });

  EXPECT_EQ(Probe(), absl::OkStatus());
}

TEST_F(HealthProberTest, CancelledProbesAreSilent) {
  StartBackend();
  ASSERT_TRUE(backend_->Hang().ok());
  bool is_called = false;

  RunOnLoopAndWait(*loop_, [&] {
    std::unique_ptr<Prober::Probe> probe = prober_->Start(
        backend_->address(), kLongTimeout, [&](const absl::Status&) { is_called = true; });
    probe.reset();
  });

  // What the cancelled one has posted would have run by the end of another one.
  ASSERT_TRUE(backend_->Resume().ok());
  EXPECT_EQ(Probe(), absl::OkStatus());
  EXPECT_FALSE(is_called);
}

TEST_F(HealthProberTest, LoopAndProberMayEndWhileACancelledCallIsUnderWay) {
  StartBackend();
  ASSERT_TRUE(backend_->Hang().ok());
  for (int i = 0; i < 20; ++i) {
    RunOnLoopAndWait(*loop_, [&] {
      const auto probe =
          prober_->Start(backend_->address(), kLongTimeout, [](const absl::Status&) {});
    });

    prober_.reset();
    loop_ = *CreateUvEventLoop();
    Make("");
  }

  ASSERT_TRUE(backend_->Resume().ok());
  EXPECT_EQ(Probe(), absl::OkStatus());
}

TEST_F(HealthProberTest, AProberMayEndAfterItsLoop) {
  StartBackend();
  ASSERT_EQ(Probe(), absl::OkStatus());

  loop_.reset();
}

}  // namespace
}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// gRPC's health service, asked of a real server in a process of its own.

#include "health_prober.h"

#include <memory>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <grpcpp/security/credentials.h>
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

  // The prober's end waits for that of its calls.
  prober_.reset();
  RunOnLoopAndWait(*loop_, [] {});
  EXPECT_FALSE(is_called);
}

TEST_F(HealthProberTest, AProberMayEndAfterItsLoop) {
  StartBackend();
  ASSERT_EQ(Probe(), absl::OkStatus());

  loop_.reset();
}

}  // namespace
}  // namespace nines

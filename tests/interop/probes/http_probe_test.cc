// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/http_probe.h"

#include <stdlib.h>

#include <memory>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "http_fetcher.h"
#include "nines/event_loop.h"
#include "nines/uv_event_loop.h"
#include "support/gate.h"
#include "support/no_descriptors.h"
#include "support/probe_and_wait.h"
#include "support/scripted_server.h"

namespace nines {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using Script = ScriptedServer::Script;

constexpr char kOk[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

class HttpProbeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<std::shared_ptr<EventLoop>> loop = CreateUvEventLoop();
    ASSERT_TRUE(loop.ok()) << loop.status();
    loop_ = *std::move(loop);
    config_.path = "/healthz";
  }

  /// It ends on the loop's thread, as what it keeps wants.
  absl::StatusOr<std::shared_ptr<Prober>> Create() {
    auto prober = CreateHttpProber(config_, {loop_.get(), "greeter.example:80"});
    if (!prober.ok()) return prober.status();
    return std::shared_ptr<Prober>(
        prober->get(), [kept = *prober, loop = loop_.get()](Prober* /*prober*/) mutable {
          RunOnLoopAndWait(*loop, [&] { kept.reset(); });
        });
  }

  absl::Status Probe(const std::string& address, absl::Duration timeout = kLongTimeout) {
    absl::StatusOr<std::shared_ptr<Prober>> prober = Create();
    if (!prober.ok()) return prober.status();
    return ProbeAndWait(*loop_, **prober, address, timeout);
  }

  absl::Status ProbeScript(Script script, absl::Duration timeout = kLongTimeout) {
    const ScriptedServer server(std::move(script));
    return Probe(server.address(), timeout);
  }

  absl::Status ProbeAnswer(const std::string& answer) { return ProbeScript({answer}); }

  HttpProbeConfig config_;
  std::shared_ptr<EventLoop> loop_;
};

TEST_F(HttpProbeTest, IsOfKindHttp) { EXPECT_STREQ((*Create())->kind(), "http"); }

TEST_F(HttpProbeTest, AGoodAnswerIsWell) { EXPECT_EQ(ProbeAnswer(kOk), absl::OkStatus()); }

TEST_F(HttpProbeTest, AsksAsTheTargetForThePath) {
  ScriptedServer server({kOk});

  ASSERT_EQ(Probe(server.address()), absl::OkStatus());

  EXPECT_EQ(server.request(),
            "GET /healthz HTTP/1.1\r\n"
            "Host: greeter.example\r\n"
            "User-Agent: nines-probe\r\n"
            "Accept: */*\r\n\r\n");
  EXPECT_TRUE(server.WaitForCleanClose());
}

TEST_F(HttpProbeTest, HostAndPathAreSentAsWritten) {
  config_.host = "Other.example:8080";
  config_.path = "/a/../b//%7e?deep=1&x=[]";
  const ScriptedServer server({kOk});

  ASSERT_EQ(Probe(server.address()), absl::OkStatus());

  EXPECT_THAT(server.request(), StartsWith("GET /a/../b//%7e?deep=1&x=[] HTTP/1.1\r\n"
                                           "Host: Other.example:8080\r\n"));
}

TEST_F(HttpProbeTest, ProxiesOfTheEnvironmentAreNotUsed) {
  ASSERT_EQ(setenv("http_proxy", "http://127.0.0.1:1", /*overwrite=*/1), 0);

  EXPECT_EQ(ProbeAnswer(kOk), absl::OkStatus());

  unsetenv("http_proxy");
}

TEST_F(HttpProbeTest, Ipv6AddressesAreProbed) {
  const ScriptedServer server({kOk}, "::1");
  if (!server.is_listening()) return;  // this machine has no IPv6

  EXPECT_EQ(Probe(server.address()), absl::OkStatus());
}

TEST_F(HttpProbeTest, UnixSocketsAreProbedByPath) {
  const ScriptedServer server({kOk}, ::testing::TempDir() + "nines_http_probe_test.sock");

  EXPECT_EQ(Probe(server.address()), absl::OkStatus());
  EXPECT_EQ(Probe("unix:/nines/no/such/socket").code(), absl::StatusCode::kUnavailable);
}

TEST_F(HttpProbeTest, AnUnexpectedStatusIsUnavailable) {
  const ScriptedServer server({"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"});

  EXPECT_EQ(Probe(server.address()), absl::UnavailableError(absl::StrCat(
                                         "GET http://greeter.example:80/healthz from ",
                                         server.address(), ": status 503; expected 200 to 299")));
}

TEST_F(HttpProbeTest, BothEndsOfARangeAreExpected) {
  config_.expected_statuses = {{200, 204}, {404, 404}};

  EXPECT_EQ(ProbeAnswer("HTTP/1.1 200\r\n\r\n"), absl::OkStatus());
  EXPECT_EQ(ProbeAnswer("HTTP/1.1 204 No Content\r\n\r\n"), absl::OkStatus());
  EXPECT_EQ(ProbeAnswer("HTTP/1.0 404 Not Found\r\n\r\n"), absl::OkStatus());
  EXPECT_THAT(std::string(ProbeAnswer("HTTP/1.1 205 Reset Content\r\n\r\n").message()),
              HasSubstr("status 205; expected 200 to 204, 404"));
}

TEST_F(HttpProbeTest, RedirectsAreJudgedAndNotFollowed) {
  ScriptedServer server({"HTTP/1.1 302 Found\r\nLocation: /healthz\r\nContent-Length: 0\r\n\r\n"});

  EXPECT_THAT(std::string(Probe(server.address()).message()),
              HasSubstr("status 302 (redirects are not followed); expected 200 to 299"));
  EXPECT_TRUE(server.WaitForCleanClose());
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(HttpProbeTest, AnInterimAnswerIsNotTheAnswer) {
  EXPECT_EQ(ProbeAnswer(absl::StrCat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", kOk)),
            absl::OkStatus());
}

TEST_F(HttpProbeTest, AnEndlessBodyIsJudgedByItsStatus) {
  const std::string piece(1 << 16, 'x');

  EXPECT_EQ(ProbeScript({"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n",
                         Script::End::kRepeat, piece}),
            absl::OkStatus());
  EXPECT_THAT(
      std::string(
          ProbeScript({"HTTP/1.1 500 Oops\r\n\r\n", Script::End::kRepeat, piece}).message()),
      HasSubstr("status 500"));
}

TEST_F(HttpProbeTest, EndlessHeadersAreUnavailable) {
  const absl::Status status =
      ProbeScript({"HTTP/1.1 200 OK\r\n", Script::End::kRepeat, "X-Flood: 1\r\n"});

  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("the answer has more than 65536 bytes of headers"));
}

TEST_F(HttpProbeTest, EndlessInterimAnswersAreUnavailable) {
  const absl::Status status =
      ProbeScript({"", Script::End::kRepeat, "HTTP/1.1 100 Continue\r\n\r\n"});

  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
}

TEST_F(HttpProbeTest, AnEndlessHeaderLineIsUnavailable) {
  const absl::Status status =
      ProbeScript({"HTTP/1.1 200 OK\r\nX-Flood: ", Script::End::kRepeat, std::string(4096, 'x')});

  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
}

TEST_F(HttpProbeTest, EndlessTrailersAreUnavailable) {
  const absl::Status status =
      ProbeScript({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
                   Script::End::kRepeat, "X-Flood: 1\r\n"});

  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
}

class GarbageTest : public HttpProbeTest, public ::testing::WithParamInterface<std::string> {};

TEST_P(GarbageTest, IsUnavailable) {
  const absl::Status status = ProbeAnswer(GetParam());

  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(std::string(status.message()), StartsWith("GET http://greeter.example:80/healthz"));
  // It goes to logs and terminals.
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("\x1b")));
}

INSTANTIATE_TEST_SUITE_P(
    Answers, GarbageTest,
    ::testing::Values("", "ok", "\x1b[31mSSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1\r\n\r\n",
                      "HTTP/1.1 abc OK\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
                      "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                      std::string("\0\0\0\0", 4), std::string(1 << 18, '\xff')),
    [](const auto& instance) { return absl::StrCat("number", instance.index); });

TEST_F(HttpProbeTest, AcceptingAndNeverAnsweringEndsInATimeout) {
  const ScriptedServer server({"", Script::End::kHang});

  EXPECT_EQ(
      Probe(server.address(), absl::Milliseconds(50)),
      absl::DeadlineExceededError(absl::StrCat("GET http://greeter.example:80/healthz from ",
                                               server.address(), ": no whole answer within 50ms")));
}

TEST_F(HttpProbeTest, AnAnswerThatDoesNotEndEndsInATimeout) {
  const auto code_of = [&](const std::string& answer) {
    return ProbeScript({answer, Script::End::kHang}, absl::Milliseconds(50)).code();
  };

  EXPECT_EQ(code_of("HTTP/1.1 200 OK\r\nX-Slow"), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(code_of("HTTP/1.1 200 OK\r\n\r\n"), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(code_of("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no"),
            absl::StatusCode::kDeadlineExceeded);
}

TEST_F(HttpProbeTest, AnswersOfAKnownLengthNeedNoEndOfTheConnection) {
  EXPECT_EQ(ProbeScript({kOk, Script::End::kHang}), absl::OkStatus());
  EXPECT_EQ(ProbeScript({"HTTP/1.1 204 No Content\r\n\r\n", Script::End::kHang}), absl::OkStatus());
}

TEST_F(HttpProbeTest, APortWithoutListenerIsUnavailable) {
  const absl::Status status = Probe("127.0.0.1:1");

  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()),
              AllOf(StartsWith("GET http://greeter.example:80/healthz from 127.0.0.1:1: "),
                    HasSubstr("connect")));
}

TEST_F(HttpProbeTest, WhatIsNoAddressIsAnInvalidArgument) {
  EXPECT_EQ(Probe("localhost:80").code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(HttpProbeTest, AShortageOfThisMachineIsNotTheEndpoints) {
  const ScriptedServer server({kOk});
  const std::shared_ptr<Prober> prober = *Create();
  absl::Status status;
  {
    const NoDescriptors shortage;
    ASSERT_TRUE(shortage.is_in_force());
    status = ProbeAndWait(*loop_, *prober, server.address());
  }

  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("Too many open files"));
}

TEST_F(HttpProbeTest, CancelledProbesAreSilent) {
  const ScriptedServer server({"", Script::End::kHang});
  const std::shared_ptr<Prober> prober = *Create();
  bool is_called = false;

  RunOnLoopAndWait(*loop_, [&] {
    for (const char* address : {server.address().c_str(), "127.0.0.1:1", "nonsense"}) {
      std::unique_ptr<Prober::Probe> probe =
          prober->Start(address, kLongTimeout, [&](const absl::Status&) { is_called = true; });
      probe.reset();
    }
  });

  // Whatever the probes have posted or watched would have run by the end of another one.
  EXPECT_EQ(ProbeAndWait(*loop_, *prober, "127.0.0.1:1").code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(is_called);
}

TEST_F(HttpProbeTest, ManyAtOnceDoNotMixUp) {
  const ScriptedServer good({kOk});
  const ScriptedServer bad({"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"});
  const std::shared_ptr<Prober> prober = *Create();
  constexpr int kProbes = 200;
  std::vector<std::unique_ptr<Prober::Probe>> probes(kProbes);
  int right = 0;
  int left = kProbes;
  Gate done;

  RunOnLoopAndWait(*loop_, [&] {
    for (int i = 0; i < kProbes; ++i) {
      probes[i] = prober->Start((i % 2 == 0 ? good : bad).address(), kLongTimeout,
                                [&, i](const absl::Status& status) {
                                  right += status.ok() == (i % 2 == 0) ? 1 : 0;
                                  probes[i].reset();
                                  if (--left == 0) done.Open();
                                });
    }
  });

  ASSERT_TRUE(done.Wait());
  EXPECT_EQ(right, kProbes);
}

TEST_F(HttpProbeTest, TheLastProbeMayLetGoOfTheProber) {
  const ScriptedServer server({kOk});
  std::shared_ptr<Prober> prober = *Create();
  std::unique_ptr<Prober::Probe> probe;
  Gate done;

  RunOnLoopAndWait(*loop_, [&] {
    probe = prober->Start(server.address(), kLongTimeout, [&](const absl::Status&) {
      probe.reset();
      prober.reset();
      done.Open();
    });
  });

  EXPECT_TRUE(done.Wait());
}

TEST_F(HttpProbeTest, AProberMayEndAfterItsLoop) {
  const ScriptedServer server({kOk, Script::End::kNext});
  const std::shared_ptr<Prober> prober =
      *CreateHttpProber(config_, {loop_.get(), "greeter.example:80"});
  ASSERT_EQ(ProbeAndWait(*loop_, *prober, server.address()), absl::OkStatus());

  loop_.reset();
}

TEST_F(HttpProbeTest, AnAuthorityThatIsNoHostIsRefused) {
  const auto prober = CreateHttpProber(config_, {loop_.get(), "a b"});

  EXPECT_EQ(prober.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(prober.status().message()),
              AllOf(HasSubstr("http://a b/healthz"), HasSubstr("unless \"host\" is set")));
}

TEST_F(HttpProbeTest, AFileOfAuthoritiesThatIsMissingIsRefused) {
  config_.tls = true;
  config_.ca_file = "/nines/no/such/file.pem";

  EXPECT_EQ(Create().status(),
            absl::FailedPreconditionError(
                "healthCheck.http.caFile: /nines/no/such/file.pem: No such file or directory"));
}

}  // namespace
}  // namespace nines

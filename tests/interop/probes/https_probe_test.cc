// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// The http probe over TLS, against OpenSSL's own server.

#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "nines/event_loop.h"
#include "nines/http_probe.h"
#include "nines/uv_event_loop.h"
#include "support/probe_and_wait.h"
#include "support/scripted_server.h"
#include "testbed/process.h"

namespace nines {
namespace {

using testbed::ChildProcess;
using ::testing::HasSubstr;

constexpr absl::Duration kPatienceWithProcesses = absl::Seconds(30);
constexpr char kName[] = "greeter.nines.test";

class HttpsProbeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = absl::StrCat(::testing::TempDir(), "/nines-https-XXXXXX");
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    MakeCertificate();
    StartServer();
    loop_ = *CreateUvEventLoop();
    config_.path = "/";
    config_.tls = true;
    config_.ca_file = CertificatePath();
  }

  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string CertificatePath() const { return folder_ / "certificate.pem"; }
  std::string KeyPath() const { return folder_ / "key.pem"; }

  /// Self-signed, for kName, made anew: nothing secret lies in the tree.
  void MakeCertificate() {
    const auto openssl =
        ChildProcess::Start({.args = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                      "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                                      "-subj", absl::StrCat("/CN=", kName), "-addext",
                                      absl::StrCat("subjectAltName=DNS:", kName), "-keyout",
                                      KeyPath(), "-out", CertificatePath()},
                             .stderr_to = ChildProcess::Stream::kNull});
    ASSERT_TRUE(openssl.ok()) << openssl.status();
    const absl::StatusOr<int> exit_status = (*openssl)->Wait(kPatienceWithProcesses);
    ASSERT_TRUE(exit_status.ok()) << exit_status.status();
    ASSERT_EQ(*exit_status, 0) << "openssl made no certificate; is the openssl program installed?";
  }

  /// Answers every GET with a page about the connection. It chooses its port and says which.
  void StartServer(const std::string& mode = "-www") {
    auto server =
        ChildProcess::Start({.args = {"openssl", "s_server", "-accept", "127.0.0.1:0", "-cert",
                                      CertificatePath(), "-key", KeyPath(), mode},
                             .stdin_from = ChildProcess::Stream::kPipe,
                             .stdout_to = ChildProcess::Stream::kPipe,
                             .stderr_to = ChildProcess::Stream::kNull});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    absl::StatusOr<std::string> line;
    do {
      line = server_->ReadLine(kPatienceWithProcesses);
      ASSERT_TRUE(line.ok()) << line.status();
    } while (!absl::StartsWith(*line, "ACCEPT "));
    address_ = line->substr(line->find(' ') + 1);
  }

  absl::Status Probe(const std::string& authority = kName) {
    const auto prober = CreateHttpProber(config_, {loop_.get(), authority});
    if (!prober.ok()) return prober.status();
    return ProbeAndWait(*loop_, **prober, address_);
  }

  std::filesystem::path folder_;
  std::unique_ptr<ChildProcess> server_;
  std::string address_;
  HttpProbeConfig config_;
  std::shared_ptr<EventLoop> loop_;
};

TEST_F(HttpsProbeTest, ATrustedCertificateForTheTargetIsWell) {
  EXPECT_EQ(Probe(), absl::OkStatus());
  EXPECT_EQ(Probe(absl::StrCat(kName, ":8443")), absl::OkStatus());
}

TEST_F(HttpsProbeTest, AConnectionIsKept) {
  constexpr int kProbes = 3;
  // Shows what it gets, sends what it reads on its stdin, and serves one connection at a time: a
  // second one would wait for ever.
  StartServer("-no_ticket");
  const std::shared_ptr<Prober> prober = *CreateHttpProber(config_, {loop_.get(), kName});
  std::thread answers([&] {
    for (int i = 0; i < kProbes; ++i) {
      absl::StatusOr<std::string> line;
      do {
        line = server_->ReadLine(kPatienceWithProcesses);
      } while (line.ok() && !absl::StartsWith(*line, "User-Agent"));
      EXPECT_TRUE(line.ok()) << line.status();
      EXPECT_TRUE(server_->WriteStdin("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").ok());
    }
  });

  for (int i = 0; i < kProbes; ++i) {
    EXPECT_EQ(ProbeAndWait(*loop_, *prober, address_, kPatienceWithProcesses / 2),
              absl::OkStatus());
  }

  answers.join();
  RunOnLoopAndWait(*loop_, [&] { prober->Forget(address_); });
}

TEST_F(HttpsProbeTest, TheConfiguredHostIsVerifiedInstead) {
  config_.host = kName;

  EXPECT_EQ(Probe("other.nines.test"), absl::OkStatus());
}

TEST_F(HttpsProbeTest, ACertificateForAnotherNameIsUnavailable) {
  const absl::Status status = Probe("other.nines.test");

  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("other.nines.test"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("certificate"));
}

TEST_F(HttpsProbeTest, ACertificateThatNobodyVouchesForIsUnavailable) {
  config_.ca_file = "";  // the system's authorities do not know it

  const absl::Status status = Probe();

  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("certificate"));
}

TEST_F(HttpsProbeTest, AServerWithoutTlsIsUnavailable) {
  const ScriptedServer plain({"HTTP/1.1 200 OK\r\n\r\n"});
  address_ = plain.address();

  EXPECT_EQ(Probe().code(), absl::StatusCode::kUnavailable);
}

TEST_F(HttpsProbeTest, AServerThatWantsTlsIsUnavailableToAPlainProbe) {
  config_.tls = false;
  config_.ca_file = "";

  EXPECT_EQ(Probe().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace nines

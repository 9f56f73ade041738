// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// TLS: credentials are gRPC's own, and the name that the certificate must carry is the target's.

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "e2e_fixture.h"
#include "gmock/gmock.h"
#include "testbed/backend.h"
#include "testbed/free_port.h"
#include "testbed/process.h"

namespace nines::testing {
namespace {

using testbed::Backend;
using testbed::ChildProcess;
using testbed::EchoReply;
using testbed::MakeCall;

class TlsTest : public EndToEndTest {
 protected:
  void SetUp() override {
    EndToEndTest::SetUp();
    std::string pattern = absl::StrCat(::testing::TempDir(), "/nines-tls-XXXXXX");
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    MakeCertificate();
    StartTlsBackend();
  }

  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string CertificatePath() const { return folder_ / "certificate.pem"; }
  std::string KeyPath() const { return folder_ / "key.pem"; }

  /// A self-signed certificate for kServiceName, made anew: nothing secret lies in the tree.
  void MakeCertificate() {
    const absl::StatusOr<std::unique_ptr<ChildProcess>> openssl =
        ChildProcess::Start({.args = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                      "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                                      "-subj", absl::StrCat("/CN=", kServiceName), "-addext",
                                      absl::StrCat("subjectAltName=DNS:", kServiceName), "-keyout",
                                      KeyPath(), "-out", CertificatePath()},
                             .stderr_to = ChildProcess::Stream::kNull});
    ASSERT_TRUE(openssl.ok()) << openssl.status();
    const absl::StatusOr<int> exit_status = (*openssl)->Wait(kPatience);
    ASSERT_TRUE(exit_status.ok()) << exit_status.status();
    ASSERT_EQ(*exit_status, 0) << "openssl made no certificate; is the openssl program installed?";
  }

  void StartTlsBackend() {
    const absl::StatusOr<int> port = testbed::FindFreePort({"127.0.0.2"});
    ASSERT_TRUE(port.ok()) << port.status();
    port_ = *port;
    absl::StatusOr<std::unique_ptr<Backend>> backend =
        Backend::Start({.address = absl::StrCat("127.0.0.2:", port_),
                        .tls_certificate = CertificatePath(),
                        .tls_key = KeyPath()});
    ASSERT_TRUE(backend.ok()) << backend.status();
    backend_ = *std::move(backend);
  }

  /// A channel to the backend under this DNS name, that trusts its certificate.
  absl::StatusOr<std::shared_ptr<::grpc::Channel>> ConnectAs(const std::string& name,
                                                             const std::string& config = "") {
    if (absl::Status status = dns_->SetAddresses(name, {"127.0.0.2"}); !status.ok()) return status;
    std::ifstream file(CertificatePath());
    ::grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = std::string(std::istreambuf_iterator<char>(file), {});
    return nines::CreateChannel(absl::StrCat("dns://", dns_->address(), "/", name, ":", port_),
                                ::grpc::SslCredentials(tls), {.service_config_json = config});
  }

  absl::StatusOr<EchoReply> CallAs(const std::string& name) {
    const absl::StatusOr<std::shared_ptr<::grpc::Channel>> channel = ConnectAs(name);
    if (!channel.ok()) return channel.status();
    return MakeCall(*channel);
  }

  std::filesystem::path folder_;
  int port_ = 0;
  std::unique_ptr<Backend> backend_;
};

TEST_F(TlsTest, TheCertificateIsCheckedAgainstTheTargetsName) {
  const absl::StatusOr<EchoReply> reply = CallAs(kServiceName);

  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->authority(), absl::StrCat(kServiceName, ":", port_));
}

TEST_F(TlsTest, AnotherNameIsRefused) {
  const absl::StatusOr<EchoReply> reply = CallAs("impostor.nines.test");

  EXPECT_EQ(reply.status().code(), absl::StatusCode::kUnavailable) << reply.status();
}

TEST_F(TlsTest, ACertificateForAnotherNameIsAFailedProbe) {
  const auto channel = ConnectAs("impostor.nines.test", R"({"loadBalancingConfig": [{"nines": {
      "healthCheck": {"interval": "0.02s", "timeout": "5s", "unhealthyThreshold": 1,
                      "grpc": {"watch": true}}}}]})");
  ASSERT_TRUE(channel.ok()) << channel.status();
  EXPECT_FALSE(MakeCall(*channel).ok());

  EXPECT_TRUE(testbed::Eventually([&] {
    const absl::Status error = Endpoints(*channel)[0].last_error;
    return absl::StrContains(error.message(), "health of service \"\" at 127.0.0.2");
  }));
}

TEST_F(TlsTest, HealthIsAskedForWithTheChannelsCredentialsAndName) {
  const auto channel = ConnectAs(kServiceName, R"({"loadBalancingConfig": [{"nines": {
      "healthCheck": {"interval": "0.02s", "timeout": "5s", "unhealthyThreshold": 1,
                      "healthyThreshold": 1, "grpc": {}}}}]})");
  ASSERT_TRUE(channel.ok()) << channel.status();
  ASSERT_TRUE(MakeCall(*channel).ok());
  const auto becomes = [&](HealthState state) {
    return testbed::Eventually([&] { return Endpoints(*channel)[0].state == state; });
  };

  // Both answers come through TLS: an error of its own would not read so, and would not end.
  ASSERT_TRUE(backend_->SayNotServing().ok());
  ASSERT_TRUE(becomes(HealthState::kEjected));
  EXPECT_THAT(Endpoints(*channel)[0].reason, ::testing::HasSubstr("NOT_SERVING"));
  ASSERT_TRUE(backend_->SayServing().ok());
  EXPECT_TRUE(becomes(HealthState::kHealthy));
}

}  // namespace
}  // namespace nines::testing

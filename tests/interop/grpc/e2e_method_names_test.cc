// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// methodConfig[].name finds the same entry through both doors: in gRPC, which matches it itself,
// and in nines::Client.

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "e2e_retry_fixture.h"
#include "gmock/gmock.h"
#include "grpcpp/support/validate_service_config.h"
#include "nines/client.h"

namespace nines::testing {
namespace {

using ::testing::HasSubstr;

constexpr char kUnary[] = "/nines.testbed.Echo/Unary";

std::string Policy(const std::string& names, int attempts) {
  return absl::StrCat(R"({"name": [)", names, R"(], "retryPolicy": {"maxAttempts": )", attempts,
                      R"(, "initialBackoff": "0.001s", "maxBackoff": "0.001s",
                         "backoffMultiplier": 1, "retryableStatusCodes": ["UNAVAILABLE"]}})");
}

class MethodNamesTest : public RetriesTest {
 protected:
  // By maxAttempts of the entry that is found: 1 if none is.
  void ExpectAttempts(uint64_t attempts, const std::string& policies) {
    const std::string config = absl::StrCat(R"("methodConfig": [)", policies, "]");
    const auto channel = ConnectTo(2, "", config);
    AllAnswerWith("UNAVAILABLE");
    EXPECT_EQ(AttemptsOf(channel, 1), attempts) << "in gRPC";
    EXPECT_EQ(AttemptsOfClient(absl::StrCat("{", config, "}")), attempts) << "in Client";
  }

  uint64_t AttemptsOfClient(const std::string& config) {
    ClientOptions options;
    options.service_config_json = config;
    const auto client = Client::Create(StaticTarget(), std::move(options));
    EXPECT_TRUE(client.ok()) << client.status();
    uint64_t attempts = 0;
    Call call;
    call.method = kUnary;
    const absl::Status status = (*client)->Run(call, [&](const Attempt&) {
      ++attempts;
      return absl::UnavailableError("down");
    });
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    return attempts;
  }

  const std::string method_ = R"({"service": "nines.testbed.Echo", "method": "Unary"})";
  const std::string other_method_ = R"({"service": "nines.testbed.Echo", "method": "Stream"})";
  const std::string service_ = R"({"service": "nines.testbed.Echo"})";
  const std::string other_service_ = R"({"service": "nines.testbed.Other"})";
  const std::string default_ = "{}";
};

TEST_F(MethodNamesTest, AMethodsOwnConfigComesFirst) {
  ExpectAttempts(
      2, absl::StrCat(Policy(default_, 4), ", ", Policy(service_, 3), ", ", Policy(method_, 2)));
}

TEST_F(MethodNamesTest, ThenItsServices) {
  ExpectAttempts(3, absl::StrCat(Policy(default_, 4), ", ", Policy(other_method_, 2), ", ",
                                 Policy(service_, 3)));
}

TEST_F(MethodNamesTest, ThenTheDefault) {
  ExpectAttempts(4, absl::StrCat(Policy(other_service_, 2), ", ", Policy(default_, 4)));
}

TEST_F(MethodNamesTest, ElseThereIsNoRetry) { ExpectAttempts(1, Policy(other_service_, 2)); }

TEST_F(MethodNamesTest, AnEntryHasManyNames) {
  ExpectAttempts(3, absl::StrCat(Policy(other_service_, 2), ", ",
                                 Policy(absl::StrCat(other_method_, ", ", method_), 3)));
}

TEST_F(MethodNamesTest, AnEmptyNameIsAnAbsentOne) {
  ExpectAttempts(3, absl::StrCat(Policy(R"({"service": "", "method": ""})", 2), ", ",
                                 Policy(R"({"service": "nines.testbed.Echo", "method": ""})", 3)));
}

TEST_F(MethodNamesTest, NamesMatchAsAWhole) {
  ExpectAttempts(1,
                 absl::StrCat(Policy(R"({"service": "nines.testbed"})", 2), ", ",
                              Policy(R"({"service": "nines.testbed.Ech"})", 3), ", ",
                              Policy(R"({"service": "nines.testbed.Echo", "method": "Un"})", 4)));
}

TEST_F(MethodNamesTest, AnEntryWithoutNamesAppliesToNothing) { ExpectAttempts(1, Policy("", 4)); }

class RefusedMethodNamesTest : public ::testing::Test {
 protected:
  static std::string ConfigOf(const std::string& policies) {
    return absl::StrCat(R"({"methodConfig": [)", policies, "]}");
  }
  // The same through both doors.
  static void ExpectProblem(const std::string& what, const std::string& json) {
    const absl::Status by_channel =
        CreateChannel("static:///127.0.0.1:1", ::grpc::InsecureChannelCredentials(),
                      {.service_config_json = json})
            .status();
    ClientOptions options;
    options.service_config_json = json;
    const absl::Status by_client =
        Client::Create("static:///127.0.0.1:1", std::move(options)).status();

    EXPECT_EQ(by_channel.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(by_channel.message()), HasSubstr(what));
    EXPECT_EQ(by_client.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(by_client.message()), HasSubstr(what));
  }
  // What gRPC refuses, too.
  static void ExpectProblemInGrpcToo(const std::string& what, const std::string& policies) {
    ExpectProblem(what, ConfigOf(policies));
    EXPECT_NE(::grpc::experimental::ValidateServiceConfigJSON(ConfigOf(policies)), "");
  }
};

TEST_F(RefusedMethodNamesTest, AMethodTwice) {
  const std::string name = R"({"service": "a", "method": "b"})";

  ExpectProblemInGrpcToo(
      "methodConfig[1].name[0]: \"/a/b\" has a config already, at methodConfig[0].name[0]",
      absl::StrCat(Policy(name, 2), ", ", Policy(name, 3)));
}

TEST_F(RefusedMethodNamesTest, AServiceTwiceInOneEntry) {
  ExpectProblemInGrpcToo(
      "methodConfig[0].name[1]: \"/a/\" has a config already, at methodConfig[0].name[0]",
      Policy(R"({"service": "a"}, {"service": "a", "method": ""})", 2));
}

TEST_F(RefusedMethodNamesTest, TwoDefaults) {
  ExpectProblemInGrpcToo("methodConfig[1].name[0]: the default has a config already",
                         absl::StrCat(Policy("{}", 2), ", ", Policy(R"({"service": ""})", 3)));
}

TEST_F(RefusedMethodNamesTest, AMethodOfNoService) {
  ExpectProblemInGrpcToo("methodConfig[0].name[0]: has a method but no service",
                         Policy(R"({"method": "b"})", 2));
}

// gRPC 1.51 takes it for the default: all methods would be retried, where one was meant.
TEST_F(RefusedMethodNamesTest, AMethodOfAnEmptyService) {
  const std::string json = ConfigOf(Policy(R"({"service": "", "method": "b"})", 2));

  ExpectProblem("methodConfig[0].name[0]: has a method but no service", json);
  EXPECT_EQ(::grpc::experimental::ValidateServiceConfigJSON(json), "");
}

}  // namespace
}  // namespace nines::testing

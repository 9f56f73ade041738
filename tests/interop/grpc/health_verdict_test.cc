// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "health_verdict.h"

#include <string>

#include "gtest/gtest.h"

namespace nines {
namespace {

struct FailureCase {
  grpc::StatusCode code;
  std::string message;
  absl::Status verdict;
};

class HealthVerdictTest : public ::testing::TestWithParam<FailureCase> {};

TEST_P(HealthVerdictTest, SaysWhatTheServerSaidIfItSaidAnything) {
  EXPECT_EQ(JudgeFailure(grpc::Status(GetParam().code, GetParam().message)), GetParam().verdict);
}

INSTANTIATE_TEST_SUITE_P(
    All, HealthVerdictTest,
    ::testing::Values(
        FailureCase{grpc::StatusCode::UNIMPLEMENTED, "no method",
                    absl::UnimplementedError("it has no such health service: no method")},
        FailureCase{grpc::StatusCode::UNIMPLEMENTED, "",
                    absl::UnimplementedError("it has no such health service")},
        FailureCase{grpc::StatusCode::NOT_FOUND, "who?",
                    absl::UnavailableError("it does not know this service: who?")},
        FailureCase{grpc::StatusCode::NOT_FOUND, "",
                    absl::UnavailableError("it does not know this service")},
        FailureCase{grpc::StatusCode::DEADLINE_EXCEEDED, "Deadline Exceeded",
                    absl::DeadlineExceededError("Deadline Exceeded")},
        FailureCase{grpc::StatusCode::DEADLINE_EXCEEDED, "",
                    absl::DeadlineExceededError("no answer in time")},
        FailureCase{grpc::StatusCode::INTERNAL, "broken\n",
                    absl::UnavailableError("INTERNAL: broken\\n")},
        FailureCase{grpc::StatusCode::INTERNAL, "", absl::UnavailableError("INTERNAL")}));

}  // namespace
}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// The first example that a reader runs: its client against its own server.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "testbed/process.h"

namespace nines {
namespace {

using testbed::ChildProcess;

constexpr absl::Duration kPatience = absl::Seconds(60);

std::unique_ptr<ChildProcess> Start(std::vector<std::string> args) {
  ChildProcess::Options options;
  options.args = std::move(args);
  options.stdout_to = ChildProcess::Stream::kPipe;
  auto child = ChildProcess::Start(options);
  EXPECT_TRUE(child.ok()) << child.status();
  return *std::move(child);
}

TEST(GreeterTest, TheClientIsGreetedByTheServerThatIsThere) {
  const auto server = Start({NINES_GREETER_SERVER, "127.0.0.1:0"});
  const std::string line = server->ReadLine(kPatience).value_or("nothing");
  absl::string_view port = line;
  ASSERT_TRUE(absl::ConsumePrefix(&port, "listening on port ")) << line;

  // Nobody listens at the other address.
  const auto client =
      Start({NINES_GREETER_CLIENT, absl::StrCat("static:///127.0.0.9:1,127.0.0.1:", port), "Ada"});

  EXPECT_EQ(client->ReadLine(kPatience).value_or("nothing"), "Hello, Ada, from 127.0.0.1:0");
  EXPECT_EQ(client->Wait(kPatience).value_or(-1), 0);
}

TEST(GreeterTest, AServerSaysThatItCannotListen) {
  // Of no machine (RFC 5737).
  const auto server = Start({NINES_GREETER_SERVER, "192.0.2.1:50051"});

  EXPECT_EQ(server->Wait(kPatience).value_or(-1), 1);
}

}  // namespace
}  // namespace nines

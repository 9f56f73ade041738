// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Against real servers: dnsmasq on loopback.

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ninesctl_process.h"
#include "support/temporary_folder.h"
#include "testbed/dns_server.h"
#include "testbed/process.h"

namespace nines::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

constexpr absl::Duration kPatience = absl::Seconds(30);

std::vector<std::string> Addresses(const nlohmann::json& answer) {
  std::vector<std::string> addresses;
  for (const auto& endpoint : answer["endpoints"]) addresses.push_back(endpoint["address"]);
  return addresses;
}

// A UDP port whose queries nobody answers.
class SilentPort {
 public:
  SilentPort() : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;
  ~SilentPort() { close(fd_); }

  int port() const { return port_; }

 private:
  const int fd_;
  int port_ = 0;
};

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class ResolveTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto dns = testbed::DnsServer::Start();
    ASSERT_TRUE(dns.ok()) << dns.status();
    dns_ = *std::move(dns);
  }

  std::string Target(const std::string& name) const {
    return absl::StrCat("dns://", dns_->address(), "/", name);
  }

  std::unique_ptr<testbed::DnsServer> dns_;
};

TEST_F(ResolveTest, ShowsWhatDnsSays) {
  ASSERT_TRUE(dns_->SetAddresses("greeter.test", {"127.0.0.2", "::1"}).ok());

  const Ran ran = RunNinesctl({"resolve", Target("greeter.test:50051")});

  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  EXPECT_THAT(ran.out, StartsWith(absl::StrCat(Target("greeter.test:50051"), ": 2 endpoints")));
  EXPECT_THAT(ran.out, HasSubstr("127.0.0.2:50051       1     0\n"));
  EXPECT_THAT(ran.out, HasSubstr("[::1]:50051           1     0\n"));
}

TEST_F(ResolveTest, TellsProgramsWhatDnsSays) {
  ASSERT_TRUE(dns_->SetAddresses("greeter.test", {"127.0.0.2", "127.0.0.3"}).ok());

  const Ran ran = RunNinesctl({"resolve", "--json", Target("greeter.test:50051")});

  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  EXPECT_EQ(ran.json()["target"], Target("greeter.test:50051"));
  EXPECT_THAT(Addresses(ran.json()), UnorderedElementsAre("127.0.0.2:50051", "127.0.0.3:50051"));
  EXPECT_TRUE(ran.json()["error"].is_null());
  EXPECT_GT(ran.json()["took_ms"], 0.0);
}

TEST_F(ResolveTest, ShowsTiersAndWeightsOfSrvRecords) {
  ASSERT_TRUE(dns_->SetAddresses("a.test", {"127.0.0.2"}).ok());
  ASSERT_TRUE(dns_->SetServices("_cache._tcp.test", {{"a.test", 7001, 3, 40}}).ok());

  const Ran ran = RunNinesctl(
      {"resolve", "--json", absl::StrCat("srv://", dns_->address(), "/_cache._tcp.test")});

  EXPECT_EQ(ran.exit_status, 0) << ran.err << ran.out;
  EXPECT_THAT(Addresses(ran.json()), UnorderedElementsAre("127.0.0.2:7001"));
  EXPECT_EQ(ran.json()["endpoints"][0]["tier"], 3);
  EXPECT_EQ(ran.json()["endpoints"][0]["weight"], 40);
}

TEST_F(ResolveTest, ANameThatDoesNotExistIsBadNews) {
  const Ran text = RunNinesctl({"resolve", Target("nobody.test:1")});
  const Ran json = RunNinesctl({"resolve", "--json", Target("nobody.test:1")});

  EXPECT_EQ(text.exit_status, 1);
  EXPECT_THAT(text.out, HasSubstr(": error after"));
  EXPECT_EQ(json.exit_status, 1);
  EXPECT_THAT(Addresses(json.json()), IsEmpty());
  EXPECT_EQ(json.json()["error"]["code"], "NOT_FOUND");
  EXPECT_THAT(std::string(json.json()["error"]["message"]), HasSubstr("nobody.test:1"));
}

TEST_F(ResolveTest, AServerThatIsSilentIsBadNewsInTime) {
  const SilentPort server;

  const Ran ran = RunNinesctl(
      {"resolve", absl::StrCat("dns://127.0.0.1:", server.port(), "/x:1"), "--timeout", "100ms"});

  EXPECT_EQ(ran.exit_status, 1);
  EXPECT_THAT(ran.out, HasSubstr("no answer within 100ms"));
}

TEST_F(ResolveTest, ShowsAnAnswerAfterTheOther) {
  ASSERT_TRUE(dns_->SetAddresses("greeter.test", {"127.0.0.2"}).ok());
  const auto child = StartNinesctl({"resolve", "--watch", "--json", Target("greeter.test:1")});

  const auto first = child->ReadLine(kPatience);
  ASSERT_TRUE(dns_->SetAddresses("greeter.test", {"127.0.0.2", "127.0.0.3"}).ok());
  const auto second = child->ReadLine(kPatience);

  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_THAT(Addresses(nlohmann::json::parse(*first)), UnorderedElementsAre("127.0.0.2:1"));
  EXPECT_THAT(Addresses(nlohmann::json::parse(*second)),
              UnorderedElementsAre("127.0.0.2:1", "127.0.0.3:1"));
}

TEST(ResolveFileTest, ShowsWhatTheFileSays) {
  const TemporaryFolder folder;
  folder.Write("list.json", R"([{"address": "unix:/run/x", "weight": 3, "tier": 1,
                                 "hash_key": "shard-7", "zone": "eu-1a", "attributes": {"rack": "7", "version": "2"}}])");

  const Ran text = RunNinesctl({"resolve", absl::StrCat("file://", folder / "list.json")});
  const Ran json =
      RunNinesctl({"resolve", absl::StrCat("file://", folder / "list.json"), "--json"});

  EXPECT_THAT(text.out,
              HasSubstr("unix:/run/x       3     1  shard-7   eu-1a  rack=7, version=2\n"));
  EXPECT_EQ(json.json()["endpoints"], nlohmann::json::parse(ReadFile(folder / "list.json")));
}

TEST(ResolveFileTest, AListThatIsEmptyIsBadNews) {
  const TemporaryFolder folder;
  folder.Write("list.json", "[]");

  const Ran ran = RunNinesctl({"resolve", absl::StrCat("file://", folder / "list.json")});

  EXPECT_EQ(ran.exit_status, 1);
  EXPECT_THAT(ran.out, HasSubstr(": 0 endpoints"));
}

TEST(ResolveFileTest, AListThatIsWrongIsBadNewsWithLineAndColumn) {
  const TemporaryFolder folder;
  folder.Write("list.json", "[\n {\"address\": \"nohost\"}]");

  const Ran ran = RunNinesctl({"resolve", absl::StrCat("file://", folder / "list.json")});

  EXPECT_EQ(ran.exit_status, 1);
  EXPECT_THAT(ran.out, HasSubstr("line 2, column"));
  EXPECT_THAT(ran.out, Not(HasSubstr("\n ")));
}

TEST(ResolveFileTest, SeveralMistakesHaveALineEach) {
  const TemporaryFolder folder;
  folder.Write("list.json", R"([{"address": "a:1", "weigth": 2}, {}])");

  const Ran ran = RunNinesctl({"resolve", absl::StrCat("file://", folder / "list.json")});

  EXPECT_EQ(ran.exit_status, 1);
  EXPECT_THAT(ran.out, HasSubstr("weigth: unknown field"));
  EXPECT_THAT(ran.out, HasSubstr("\n  line 1, column"));
  EXPECT_THAT(ran.out, Not(HasSubstr("\\x0A")));
}

}  // namespace
}  // namespace nines::ctl

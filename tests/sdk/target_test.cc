// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nines/resolver.h"

namespace nines {
namespace {

using ::testing::HasSubstr;

struct TargetCase {
  std::string text;
  std::string scheme;
  std::string authority;
  std::string path;
};

class TargetTest : public ::testing::TestWithParam<TargetCase> {};

TEST_P(TargetTest, IsTakenApart) {
  const absl::StatusOr<Target> target = ParseTarget(GetParam().text);

  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_EQ(target->scheme, GetParam().scheme);
  EXPECT_EQ(target->authority, GetParam().authority);
  EXPECT_EQ(target->path, GetParam().path);
}

TEST_P(TargetTest, SurvivesTheWayThroughItsString) {
  const absl::StatusOr<Target> target = ParseTarget(GetParam().text);
  ASSERT_TRUE(target.ok()) << target.status();

  const absl::StatusOr<Target> again = ParseTarget(target->ToString());

  ASSERT_TRUE(again.ok()) << target->ToString() << ": " << again.status();
  EXPECT_EQ(again->scheme, target->scheme);
  EXPECT_EQ(again->authority, target->authority);
  EXPECT_EQ(again->path, target->path);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, TargetTest,
    ::testing::Values(TargetCase{"dns:///greeter.example:443", "dns", "", "greeter.example:443"},
                      TargetCase{"dns://9.9.9.9:53/greeter.example:443", "dns", "9.9.9.9:53",
                                 "greeter.example:443"},
                      TargetCase{"dns://[::1]:53/greeter", "dns", "[::1]:53", "greeter"},
                      TargetCase{"dns:greeter.example:443", "dns", "", "greeter.example:443"},
                      TargetCase{"DNS:///greeter", "dns", "", "greeter"},
                      TargetCase{"static:///127.0.0.1:80,[::1]:80", "static", "",
                                 "127.0.0.1:80,[::1]:80"},
                      TargetCase{"unix:///run/greeter", "unix", "", "run/greeter"},
                      TargetCase{"unix:run/greeter", "unix", "", "run/greeter"},
                      TargetCase{"ipv4:127.0.0.1:80", "ipv4", "", "127.0.0.1:80"},
                      TargetCase{"x-y.z+1:///a/b?c#d", "x-y.z+1", "", "a/b?c#d"},
                      TargetCase{"dns://authority-only", "dns", "authority-only", ""},
                      TargetCase{"dns:///", "dns", "", ""},
                      TargetCase{"file:////etc/greeter.json", "file", "", "/etc/greeter.json"}));

INSTANTIATE_TEST_SUITE_P(WithoutScheme, TargetTest,
                         ::testing::Values(TargetCase{"greeter", "dns", "", "greeter"},
                                           TargetCase{"greeter.example:443", "dns", "",
                                                      "greeter.example:443"},
                                           TargetCase{"greeter:", "dns", "", "greeter:"},
                                           TargetCase{"127.0.0.1:80", "dns", "", "127.0.0.1:80"},
                                           TargetCase{"[::1]:80", "dns", "", "[::1]:80"},
                                           TargetCase{"::1", "dns", "", "::1"},
                                           TargetCase{"fe80::1", "dns", "", "fe80::1"},
                                           TargetCase{"2001:db8::1", "dns", "", "2001:db8::1"},
                                           TargetCase{"/run/greeter", "dns", "", "/run/greeter"},
                                           TargetCase{"://x", "dns", "", "://x"}));

INSTANTIATE_TEST_SUITE_P(Escapes, TargetTest,
                         ::testing::Values(TargetCase{"static:///unix:/a%2Cb", "static", "",
                                                      "unix:/a,b"},
                                           TargetCase{"dns:///a%25b", "dns", "", "a%b"},
                                           TargetCase{"dns:///a%00%ffb", "dns", "",
                                                      std::string("a\0\xff"
                                                                  "b",
                                                                  4)},
                                           TargetCase{"x://a%2fb/c%2fd", "x", "a/b", "c/d"}));

struct RefusedCase {
  std::string text;
  std::string why;
};

class RefusedTargetTest : public ::testing::TestWithParam<RefusedCase> {};

TEST_P(RefusedTargetTest, NamesTheTargetAndTheReason) {
  const absl::Status status = ParseTarget(GetParam().text).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedTargetTest,
    ::testing::Values(
        RefusedCase{"", "target \"\": it is empty"},
        RefusedCase{std::string(4097, 'a'),
                    "aaa...\": it has 4097 bytes; at most 4096 are allowed"},
        RefusedCase{"dns:///a\n",
                    "target \"dns:///a\\n\": it has characters that are not printable"},
        RefusedCase{std::string("dns:///\0", 8), "\"dns:///\\x00\": it has characters"},
        RefusedCase{"dns:///gr\xc3\xbc\xc3\x9f",
                    "\"dns:///gr\\xc3\\xbc\\xc3\\x9f\": it has characters"},
        RefusedCase{"dns:///a%", "a '%' is not followed by two hexadecimal digits"},
        RefusedCase{"dns:///a%2", "a '%' is not followed by two hexadecimal digits"},
        RefusedCase{"dns:///a%2x", "a '%' is not followed by two hexadecimal digits"},
        RefusedCase{"dns://%zz/a", "a '%' is not followed by two hexadecimal digits"}));

TEST(TargetLengthTest, AllowsTheLongest) { EXPECT_TRUE(ParseTarget(std::string(4096, 'a')).ok()); }

TEST(TargetToStringTest, EscapesWhatIsNotText) {
  EXPECT_EQ((Target{"dns", "a/b", "c/d%\n"}.ToString()), "dns://a%2fb/c/d%25%0a");
}

}  // namespace
}  // namespace nines

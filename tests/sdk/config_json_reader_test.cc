// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "config/json_reader.h"

#include <algorithm>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "config/config_errors.h"
#include "config/json_value.h"
#include "nines/config.h"

namespace nines {
namespace {

using ::testing::AllOf;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

using Type = JsonValue::Type;

// The whole message; "" if there is no problem.
std::string Problems(absl::string_view json) {
  ConfigErrors errors;
  ReadJson(json, errors);
  return std::string(errors.ToStatus().message());
}

JsonValue Read(absl::string_view json) {
  ConfigErrors errors;
  return ReadJson(json, errors).value_or(JsonValue{Type::kNull, "not JSON", "", {}});
}

std::string Repeated(absl::string_view piece, size_t times) {
  std::string text;
  for (size_t i = 0; i < times; ++i) absl::StrAppend(&text, piece);
  return text;
}

TEST(JsonReaderTest, KeepsTheOrderOfMembers) {
  const JsonValue value = Read(R"({"b": true, "a": [null, "x"]})");

  ASSERT_THAT(value.children, SizeIs(2));
  EXPECT_EQ(value.children[0].key, "b");
  EXPECT_EQ(value.children[0].text, "true");
  EXPECT_EQ(value.children[1].key, "a");
  ASSERT_THAT(value.children[1].children, SizeIs(2));
  EXPECT_EQ(value.children[1].children[0].type, Type::kNull);
  EXPECT_EQ(value.children[1].children[1].text, "x");
  EXPECT_EQ(value.children[1].children[1].key, "");
}

TEST(JsonReaderTest, KeepsNumbersAsWritten) {
  EXPECT_EQ(Read("1.0").text, "1.0");
  EXPECT_EQ(Read("1e2").text, "1e2");
  EXPECT_EQ(Read("-7").text, "-7");
  EXPECT_EQ(Read("18446744073709551615").text, "18446744073709551615");
  EXPECT_EQ(Read("18446744073709551616").text, "18446744073709551616");
}

TEST(JsonReaderTest, DecodesEscapes) { EXPECT_EQ(Read(R"("\u00e4\n\"")").text, "\u00e4\n\""); }

TEST(JsonReaderTest, NamesLineAndColumnOfWhatIsWrong) {
  EXPECT_THAT(Problems("{\n  \"a\": tru\n}"),
              StartsWith("service config: not JSON: line 2, column "));
  EXPECT_THAT(Problems("{,}"), StartsWith("service config: not JSON: line 1, column 2: "));
  EXPECT_THAT(Problems("{\"a\":1,\n\n\"b\"}"),
              StartsWith("service config: not JSON: line 3, column 4: "));
}

TEST(JsonReaderTest, RefusesWhatIsNotJson) {
  EXPECT_THAT(Problems(" "), HasSubstr("not JSON"));
  EXPECT_THAT(Problems("{} {}"), HasSubstr("not JSON"));
  EXPECT_THAT(Problems("// comment\n{}"), HasSubstr("not JSON"));
  EXPECT_THAT(Problems("{'a': 1}"), HasSubstr("not JSON"));
  EXPECT_THAT(Problems("[1,]"), HasSubstr("not JSON"));
  EXPECT_THAT(Problems("\"\xFF\""), HasSubstr("not JSON"));
  EXPECT_THAT(Problems("1e999"), HasSubstr("not JSON"));
  EXPECT_THAT(Problems("{\"a\": 1"), HasSubstr("not JSON"));
}

TEST(JsonReaderTest, RefusesNulByteAndByteOrderMark) {
  EXPECT_THAT(Problems(absl::string_view("{}\n\0", 4)),
              Eq("service config: not JSON: line 2, column 1: a NUL byte"));
  EXPECT_THAT(Problems("\xEF\xBB\xBF{}"), HasSubstr("byte order mark"));
}

TEST(JsonReaderTest, MessageDoesNotRepeatTheText) {
  const std::string long_text(100'000, '9');

  EXPECT_THAT(Problems(absl::StrCat("\"", long_text)), SizeIs(testing::Lt(300)));
  EXPECT_THAT(Problems(long_text), AllOf(HasSubstr("not JSON"), SizeIs(testing::Lt(300))));
}

TEST(JsonReaderTest, NamesEveryDuplicateKey) {
  EXPECT_EQ(Problems(R"({"a": [{}, {"b": 1, "c": 2, "b": 3, "b": 4}], "a": 0})"),
            "a[1].b: stands more than once in its object\n"
            "a: stands more than once in its object");
}

TEST(JsonReaderTest, SameKeyInDifferentObjectsIsNoDuplicate) {
  EXPECT_THAT(Problems(R"({"a": {"a": {"a": 1}}, "b": {"a": 2}})"), IsEmpty());
}

TEST(JsonReaderTest, RefusesTextThatIsTooLong) {
  const std::string longest = absl::StrCat("{}", std::string(kMaxServiceConfigBytes - 2, ' '));

  EXPECT_THAT(Problems(longest), IsEmpty());
  EXPECT_EQ(Problems(longest + " "),
            "service config: is 1048577 bytes long; allowed: at most 1048576");
}

TEST(JsonReaderTest, RefusesTenMegabytesWithoutReadingThem) {
  EXPECT_THAT(Problems(std::string(10 << 20, '[')), HasSubstr("10485760 bytes long"));
}

TEST(JsonReaderTest, RefusesDeepNesting) {
  const std::string deepest =
      Repeated("[", kMaxServiceConfigDepth) + Repeated("]", kMaxServiceConfigDepth);

  EXPECT_THAT(Problems(deepest), IsEmpty());
  EXPECT_EQ(Problems(absl::StrCat("[", deepest, "]")),
            "service config: is nested deeper than 64 levels");
  EXPECT_EQ(Problems(Repeated("{\"a\":", 10'000)),
            "service config: is nested deeper than 64 levels");
}

TEST(JsonReaderTest, RefusesTooManyValues) {
  const std::string most = absl::StrCat("[", Repeated("1,", kMaxServiceConfigValues - 2), "1]");

  EXPECT_THAT(Problems(most), IsEmpty());
  EXPECT_EQ(Problems(absl::StrCat("[1,", most.substr(1))),
            "service config: has more than 65536 values");
}

TEST(ConfigErrorsTest, OkWithoutProblems) { EXPECT_TRUE(ConfigErrors().ToStatus().ok()); }

TEST(ConfigErrorsTest, CountsWhatItDoesNotReport) {
  ConfigErrors errors;
  for (size_t i = 0; i < ConfigErrors::kMaxReported + 7; ++i) errors.Add("a", "wrong");

  const std::string message(errors.ToStatus().message());

  EXPECT_EQ(errors.ToStatus().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), ConfigErrors::kMaxReported);
  EXPECT_THAT(message, testing::EndsWith("\nand 7 more"));
}

TEST(ConfigErrorsTest, PathsAreReadable) {
  EXPECT_EQ(MemberPath("", "a"), "a");
  EXPECT_EQ(MemberPath("a", "b-c_1"), "a.b-c_1");
  EXPECT_EQ(MemberPath("a", "b c"), "a[\"b c\"]");
  EXPECT_EQ(MemberPath("a", ""), "a[\"\"]");
  EXPECT_EQ(ElementPath("a", 3), "a[3]");
}

TEST(ConfigErrorsTest, QuotesAreShortAndPrintable) {
  EXPECT_EQ(Quoted("a\n\x1b"), R"("a\n\x1b")");
  EXPECT_EQ(Quoted(std::string(64, 'x')), absl::StrCat("\"", std::string(64, 'x'), "\""));
  EXPECT_EQ(Quoted(std::string(65, 'x')), absl::StrCat("\"", std::string(64, 'x'), "…\""));
  // A character of two bytes that would be cut in half is left out.
  EXPECT_EQ(Quoted(absl::StrCat(std::string(63, 'x'), "\u00e4\u00e4")),
            absl::StrCat("\"", std::string(63, 'x'), "…\""));
}

}  // namespace
}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "key_hash.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/string_view.h"
#include "nines/call.h"
#include "nines/config.h"

namespace nines {
namespace {

using ::testing::Eq;
using ::testing::Optional;

using Kind = HashKeySource::Kind;

// Computed by the reference implementation. A change here moves the keys of every user.
constexpr uint64_t kHashOfEmpty = 0x2D06800538D394C2;
constexpr uint64_t kHashOfAbc = 0x78AF5F94892F3950;
constexpr uint64_t kHashOfUser1 = 0x7C7615C11438E5C9;
constexpr uint64_t kHashOf300x = 0xA5D1B4607DC83554;
constexpr uint64_t kHashOfMethod = 0xAF7E9F583A08B569;  // of "/a/b"
constexpr uint64_t kHashOfAbcThenMethod = 0x5E2020712856C7C9;

// A call with the one header "x-user".
class UserHeader final : public CallHeaders {
 public:
  explicit UserHeader(std::string value) : value_(std::move(value)) {}

  std::optional<absl::string_view> Get(absl::string_view name, std::string* buffer) const override {
    if (name != "x-user") return std::nullopt;
    *buffer = value_;
    return *buffer;
  }

 private:
  const std::string value_;
};

std::optional<uint64_t> HashOfCallKey(std::string_view key) {
  Call call;
  call.hash_key = key;
  return KeyHasher({{Kind::kCall, ""}}).Hash(call);
}

TEST(KeyHasherTest, OneKeyIsXxh3OfItsBytes) {
  EXPECT_THAT(HashOfCallKey("abc"), Optional(kHashOfAbc));
  EXPECT_THAT(HashOfCallKey("user-1"), Optional(kHashOfUser1));
  EXPECT_THAT(HashOfCallKey(std::string(300, 'x')), Optional(kHashOf300x));
}

TEST(KeyHasherTest, EmptyKeyIsAKey) { EXPECT_THAT(HashOfCallKey(""), Optional(kHashOfEmpty)); }

TEST(KeyHasherTest, EachKindReadsItsPartOfTheCall) {
  const UserHeader headers("user-1");
  Call call;
  call.method = "/a/b";
  call.client_ip = "abc";
  call.request_content = "";
  call.headers = &headers;

  EXPECT_THAT(KeyHasher({{Kind::kMethod, ""}}).Hash(call), Optional(kHashOfMethod));
  EXPECT_THAT(KeyHasher({{Kind::kClientIp, ""}}).Hash(call), Optional(kHashOfAbc));
  EXPECT_THAT(KeyHasher({{Kind::kRequestContent, ""}}).Hash(call), Optional(kHashOfEmpty));
  EXPECT_THAT(KeyHasher({{Kind::kHeader, "x-user"}}).Hash(call), Optional(kHashOfUser1));
}

TEST(KeyHasherTest, CallWithoutAnyKeyHasNoHash) {
  const UserHeader headers("user-1");
  Call call;
  call.headers = &headers;

  EXPECT_THAT(KeyHasher({{Kind::kCall, ""},
                         {Kind::kHeader, "x-other"},
                         {Kind::kClientIp, ""},
                         {Kind::kMethod, ""},
                         {Kind::kRequestContent, ""}})
                  .Hash(call),
              Eq(std::nullopt));
  EXPECT_THAT(KeyHasher({{Kind::kHeader, "x-user"}}).Hash(Call{}), Eq(std::nullopt));
  EXPECT_THAT(KeyHasher({}).Hash(call), Eq(std::nullopt));
}

TEST(KeyHasherTest, SeveralKeysCombineAsInA42) {
  Call call;
  call.hash_key = "abc";
  call.method = "/a/b";

  EXPECT_THAT(KeyHasher({{Kind::kCall, ""}, {Kind::kMethod, ""}}).Hash(call),
              Optional(kHashOfAbcThenMethod));
}

TEST(KeyHasherTest, KeyThatIsAbsentIsPassedOver) {
  Call call;
  call.method = "/a/b";

  EXPECT_THAT(KeyHasher({{Kind::kCall, ""}, {Kind::kMethod, ""}}).Hash(call),
              Optional(kHashOfMethod));
}

TEST(KeyHasherTest, OrderOfKeysMatters) {
  Call call;
  call.hash_key = "abc";
  call.method = "/a/b";

  EXPECT_NE(KeyHasher({{Kind::kCall, ""}, {Kind::kMethod, ""}}).Hash(call),
            KeyHasher({{Kind::kMethod, ""}, {Kind::kCall, ""}}).Hash(call));
}

TEST(KeyHasherTest, SameBytesFromAnotherSourceHaveTheSameHash) {
  Call by_caller;
  by_caller.hash_key = "user-1";
  Call by_ip;
  by_ip.client_ip = "user-1";
  const KeyHasher hasher({{Kind::kCall, ""}, {Kind::kClientIp, ""}});

  EXPECT_EQ(hasher.Hash(by_caller), hasher.Hash(by_ip));
}

TEST(KeyHasherTest, KnowsWhetherACallHasAKeyWithoutHashing) {
  HashKeySource method;
  method.kind = HashKeySource::Kind::kMethod;
  const KeyHasher hasher({HashKeySource(), method});
  Call with_method;
  with_method.method = "/service/method";
  Call with_key;
  with_key.hash_key = "";

  EXPECT_TRUE(hasher.HasKey(with_method));
  EXPECT_TRUE(hasher.HasKey(with_key));
  EXPECT_FALSE(hasher.HasKey(Call{}));
  EXPECT_FALSE(KeyHasher({}).HasKey(with_key));
}

// From the reference implementation.
TEST(SeededHashTest, IsXxh3WithASeed) {
  EXPECT_EQ(SeededHash("", 0), 0x2D06800538D394C2u);
  EXPECT_NE(SeededHash("10.0.0.1:80", 1), SeededHash("10.0.0.1:80", 2));
}

}  // namespace
}  // namespace nines

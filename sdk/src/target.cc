// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Where a target's scheme ends. "dns:///host", "unix:/path" and "host:443" all have a colon, and
// only the first two have a scheme. URI grammar alone cannot tell: to it, "host:443" is scheme
// "host". gRPC asks its registry which schemes exist, so that the meaning of a target depends on
// what is registered; here the text alone decides. Cost: O(length).

#include "nines/resolver.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace nines {
namespace {

/// Longer than any name (253) with a port, and than any list a person would write by hand; short
/// enough that a target can stand in a message.
constexpr size_t kMaxTargetBytes = 4096;

/// How much of a wrong target its error message quotes.
constexpr size_t kMaxQuotedBytes = 80;

constexpr char kDefaultScheme[] = "dns";

absl::Status Refuse(absl::string_view target, absl::string_view why) {
  const absl::string_view ellipsis = target.size() > kMaxQuotedBytes ? "..." : "";
  return absl::InvalidArgumentError(absl::StrCat(
      "target \"", absl::CHexEscape(target.substr(0, kMaxQuotedBytes)), ellipsis, "\": ", why));
}

absl::Status CheckText(absl::string_view target) {
  if (target.empty()) return Refuse(target, "it is empty");
  if (target.size() > kMaxTargetBytes) {
    return Refuse(target, absl::StrCat("it has ", target.size(), " bytes; at most ",
                                       kMaxTargetBytes, " are allowed"));
  }
  if (!std::all_of(target.begin(), target.end(),
                   [](unsigned char c) { return absl::ascii_isprint(c); })) {
    return Refuse(target, "it has characters that are not printable ASCII");
  }
  return absl::OkStatus();
}

/// RFC 3986, section 3.1.
bool IsScheme(absl::string_view text) {
  return !text.empty() && absl::ascii_isalpha(static_cast<unsigned char>(text.front())) &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '+' || c == '-' || c == '.';
         });
}

bool IsBareIpv6(const std::string& target) {
  in6_addr ignored;
  return inet_pton(AF_INET6, target.c_str(), &ignored) == 1;
}

/// Whether what follows "name:" makes "name" a host: "" or a port.
bool IsPort(absl::string_view rest) {
  return std::all_of(rest.begin(), rest.end(),
                     [](unsigned char c) { return absl::ascii_isdigit(c); });
}

/// The length of the target's scheme; 0 if it has none.
size_t SchemeLength(absl::string_view target) {
  const size_t colon = target.find(':');
  if (colon == absl::string_view::npos || !IsScheme(target.substr(0, colon))) return 0;
  if (IsPort(target.substr(colon + 1)) || IsBareIpv6(std::string(target))) return 0;
  return colon;
}

bool IsHexDigit(char c) { return absl::ascii_isxdigit(static_cast<unsigned char>(c)); }

/// `text` with its %-escapes replaced; nothing if one is not followed by two hexadecimal digits.
std::optional<std::string> Unescape(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    const absl::string_view digits = text.substr(i + 1, 2);
    int byte = 0;
    // The digits first: a number may also have a sign.
    if (digits.size() < 2 || !IsHexDigit(digits[0]) || !IsHexDigit(digits[1]) ||
        !absl::SimpleHexAtoi(digits, &byte)) {
      return std::nullopt;
    }
    out.push_back(static_cast<char>(byte));
    i += 2;
  }
  return out;
}

/// The reverse: escapes what is not printable ASCII, '%', and each of `reserved`.
std::string Escape(absl::string_view text, absl::string_view reserved) {
  std::string out;
  for (const unsigned char c : text) {
    const char as_char = static_cast<char>(c);
    if (absl::ascii_isprint(c) && c != '%' && !absl::StrContains(reserved, as_char)) {
      out.push_back(as_char);
    } else {
      absl::StrAppend(&out, "%", absl::Hex(c, absl::kZeroPad2));
    }
  }
  return out;
}

}  // namespace

std::string Target::ToString() const {
  return absl::StrCat(scheme, "://", Escape(authority, "/"), "/", Escape(path, ""));
}

absl::StatusOr<Target> ParseTarget(absl::string_view target) {
  if (absl::Status status = CheckText(target); !status.ok()) return status;
  std::string scheme = kDefaultScheme;
  absl::string_view authority;
  absl::string_view path = target;
  if (const size_t length = SchemeLength(target); length > 0) {
    scheme = absl::AsciiStrToLower(target.substr(0, length));
    path.remove_prefix(length + 1);
    if (absl::ConsumePrefix(&path, "//")) {
      authority = path.substr(0, path.find('/'));
      path.remove_prefix(authority.size());
      absl::ConsumePrefix(&path, "/");
    }
  }
  std::optional<std::string> plain_authority = Unescape(authority);
  std::optional<std::string> plain_path = Unescape(path);
  if (!plain_authority.has_value() || !plain_path.has_value()) {
    return Refuse(target, "a '%' is not followed by two hexadecimal digits");
  }
  return Target{std::move(scheme), *std::move(plain_authority), *std::move(plain_path)};
}

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// nlohmann/json reads the text and calls us for every token (SAX); we keep a tree of JsonValue. Its
// own tree is not used: it drops duplicate keys, forgets how numbers were written, has no limits,
// and would have to be known to the rest of the parser. Only this file and json_writer.cc include
// it.

#include "config/json_reader.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nines/config.h"

namespace nines {
namespace {

constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr size_t kMaxSentenceBytes = 200;

// The sentence in an nlohmann message, which is "[json.exception.name] where: sentence".
absl::string_view Sentence(absl::string_view message) {
  const size_t tag_end = message.find("] ");
  if (tag_end != absl::string_view::npos) message.remove_prefix(tag_end + 2);
  if (absl::StartsWith(message, "parse error at ")) {
    const size_t where_end = message.find(": ");
    if (where_end != absl::string_view::npos) message.remove_prefix(where_end + 2);
  }
  // What follows quotes the text, in full and unescaped; the position says where to look. Some
  // messages quote a number, which can be as long.
  return message.substr(0, std::min(message.find("; last read: "), kMaxSentenceBytes));
}

std::string PathOf(const std::vector<JsonValue*>& open) {
  std::string path;
  for (size_t i = 1; i < open.size(); ++i) {
    path = open[i - 1]->type == JsonValue::Type::kArray
               ? ElementPath(path, open[i - 1]->children.size() - 1)
               : MemberPath(path, open[i]->key);
  }
  return path;
}

// Hands the text to nlohmann/json, which says nowhere how far it has read, and notes that.
class CountingIterator {
 public:
  // NOLINTBEGIN(readability-identifier-naming): the standard library's names.
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;
  // NOLINTEND(readability-identifier-naming)

  CountingIterator(const char* at, const char** next) : at_(at), next_(next) {}

  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    *next_ = ++at_;
    return *this;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** next_;
};

// Builds the tree. nlohmann's SAX interface: names, types and "true: go on" are its, not ours.
class TreeBuilder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  TreeBuilder(absl::string_view text, ConfigErrors& errors, const JsonLimits& limits)
      : text_(text), errors_(errors), limits_(limits), next_(text.data()) {}

  // Reads the whole text; whether it was JSON.
  bool Build() {
    return nlohmann::json::sax_parse(CountingIterator(text_.data(), &next_),
                                     CountingIterator(text_.data() + text_.size(), &next_), this);
  }

  JsonValue TakeRoot() { return std::move(root_); }

  bool null() override { return AddScalar(JsonValue::Type::kNull, "null"); }
  bool boolean(bool value) override {
    return AddScalar(JsonValue::Type::kBool, value ? "true" : "false");
  }
  bool number_integer(number_integer_t value) override {
    return AddScalar(JsonValue::Type::kNumber, absl::StrCat(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return AddScalar(JsonValue::Type::kNumber, absl::StrCat(value));
  }
  bool number_float(number_float_t /*value*/, const string_t& written) override {
    return AddScalar(JsonValue::Type::kNumber, written);
  }
  bool string(string_t& value) override {
    return AddScalar(JsonValue::Type::kString, std::move(value));
  }
  bool binary(binary_t& /*value*/) override { return false; }  // not in JSON text

  bool start_object(size_t /*size*/) override { return Open(JsonValue::Type::kObject); }
  bool key(string_t& name) override {
    next_key_ = std::move(name);
    NoteTokenEnd();
    return true;
  }
  bool end_object() override {
    NoteDuplicateKeys();
    open_.pop_back();
    NoteTokenEnd();
    return true;
  }
  bool start_array(size_t /*size*/) override { return Open(JsonValue::Type::kArray); }
  bool end_array() override {
    open_.pop_back();
    NoteTokenEnd();
    return true;
  }

  // `read` counts the bytes consumed, so that the last of them is the one that was wrong.
  bool parse_error(size_t read, const std::string& /*last_token*/,
                   const nlohmann::json::exception& error) override {
    const size_t offset = read == 0 ? 0 : std::min(read - 1, text_.size());
    errors_.Add(
        "", absl::StrCat("not JSON: ", LineAndColumn(text_, offset), ": ", Sentence(error.what())));
    return false;
  }

 private:
  // After each token. Behind a number it is one byte further, which no value begins with.
  void NoteTokenEnd() { token_end_ = static_cast<size_t>(next_ - text_.data()); }

  // The value just begun, in its place in the tree; null if there are too many.
  JsonValue* Add(JsonValue::Type type) {
    if (++values_ > limits_.values) {
      errors_.Add("", absl::StrCat("has more than ", limits_.values, " values"));
      return nullptr;
    }
    JsonValue* value = &root_;
    if (!open_.empty()) value = &open_.back()->children.emplace_back();
    value->type = type;
    value->key = std::exchange(next_key_, {});
    value->offset = text_.find_first_not_of(" \t\r\n,:", token_end_);
    NoteTokenEnd();
    return value;
  }

  bool AddScalar(JsonValue::Type type, std::string text) {
    JsonValue* value = Add(type);
    if (value == nullptr) return false;
    value->text = std::move(text);
    return true;
  }

  bool Open(JsonValue::Type type) {
    if (open_.size() == limits_.depth) {
      errors_.Add("", absl::StrCat("is nested deeper than ", limits_.depth, " levels"));
      return false;
    }
    JsonValue* value = Add(type);
    if (value == nullptr) return false;
    open_.push_back(value);
    return true;
  }

  // Which of two equal keys counts differs between JSON libraries, so neither may.
  void NoteDuplicateKeys() {
    std::vector<absl::string_view> keys;
    keys.reserve(open_.back()->children.size());
    for (const JsonValue& member : open_.back()->children) keys.push_back(member.key);
    std::sort(keys.begin(), keys.end());
    for (auto same = std::adjacent_find(keys.begin(), keys.end()); same != keys.end();
         same = std::adjacent_find(same, keys.end())) {
      errors_.AddAt(open_.back()->offset, MemberPath(PathOf(open_), *same),
                    "stands more than once in its object");
      same = std::upper_bound(same, keys.end(), *same);
    }
  }

  const absl::string_view text_;
  ConfigErrors& errors_;
  const JsonLimits limits_;
  const char* next_;  // the first byte that nlohmann/json has not read
  size_t token_end_ = 0;
  JsonValue root_;
  // The arrays and objects that are not closed yet, the outermost first. A value stays where it is
  // while it is open: its parent adds nothing until it closes.
  std::vector<JsonValue*> open_;
  std::string next_key_;
  size_t values_ = 0;
};

// Refuses what nlohmann/json passes over although it is no JSON.
bool IsPlainText(absl::string_view text, ConfigErrors& errors) {
  const size_t nul = text.find('\0');
  if (nul != absl::string_view::npos) {  // would end the text there, silently
    errors.Add("", absl::StrCat("not JSON: ", LineAndColumn(text, nul), ": a NUL byte"));
    return false;
  }
  if (absl::StartsWith(text, kByteOrderMark)) {  // gRPC refuses it
    errors.Add("", "not JSON: line 1, column 1: a byte order mark");
    return false;
  }
  return true;
}

}  // namespace

std::optional<JsonValue> ReadJson(absl::string_view text, ConfigErrors& errors,
                                  const JsonLimits& limits) {
  if (text.size() > limits.bytes) {
    errors.Add("",
               absl::StrCat("is ", text.size(), " bytes long; allowed: at most ", limits.bytes));
    return std::nullopt;
  }
  if (!IsPlainText(text, errors)) return std::nullopt;
  TreeBuilder builder(text, errors, limits);
  if (!builder.Build()) return std::nullopt;
  return builder.TakeRoot();
}

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "ninesctl/json.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace nines::ctl {
namespace {

using Tree = nlohmann::ordered_json;
using Leaf = std::pair<std::string, std::string>;

std::string Dump(const Tree& tree, int indent) {
  return tree.dump(indent, ' ', /*ensure_ascii=*/false, Tree::error_handler_t::replace);
}

std::string LeafText(const Tree& value) {
  return value.is_string() ? value.get<std::string>() : Dump(value, -1);
}

bool HoldsNoOther(const Tree& value) { return !value.is_structured() || value.empty(); }

bool IsPlainList(const Tree& value) {
  return value.is_array() && std::all_of(value.begin(), value.end(), HoldsNoOther) &&
         std::none_of(value.begin(), value.end(),
                      [](const Tree& element) { return element.is_object(); });
}

std::string ListText(const Tree& list) {
  return absl::StrJoin(
      list, ", ", [](std::string* out, const Tree& element) { out->append(LeafText(element)); });
}

// As deep as what was put together here, which is no deeper than a service config.
void CollectLeaves(const Tree& value, const std::string& path, std::vector<Leaf>& leaves) {
  if (HoldsNoOther(value)) {
    leaves.emplace_back(path, LeafText(value));
  } else if (IsPlainList(value)) {
    leaves.emplace_back(path, ListText(value));
  } else if (value.is_array()) {
    for (size_t i = 0; i < value.size(); ++i) {
      CollectLeaves(value[i], absl::StrCat(path, "[", i, "]"), leaves);
    }
  } else {
    for (const auto& [name, member] : value.items()) {
      CollectLeaves(member, absl::StrCat(path, path.empty() ? "" : ".", name), leaves);
    }
  }
}

}  // namespace

Json::Json(Tree tree) : tree_(std::make_unique<Tree>(std::move(tree))) {}
Json::Json(absl::string_view text) : Json(Tree(std::string(text))) {}
Json::Json(bool truth) : Json(Tree(truth)) {}
Json::Json(uint64_t count) : Json(Tree(count)) {}
Json::Json(double number) : Json(Tree(number)) {}
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(Json&& other) noexcept = default;
Json::~Json() = default;

Json Json::Object() { return Json(Tree::object()); }
Json Json::Array() { return Json(Tree::array()); }
Json Json::Null() { return Json(Tree()); }

Json& Json::Set(absl::string_view name, Json value) {
  (*tree_)[std::string(name)] = std::move(*value.tree_);
  return *this;
}

Json& Json::Append(Json value) {
  tree_->push_back(std::move(*value.tree_));
  return *this;
}

std::string Json::OnOneLine() const { return Dump(*tree_, -1); }
std::string Json::Indented() const { return Dump(*tree_, 2); }

std::vector<Leaf> Json::Leaves() const {
  std::vector<Leaf> leaves;
  CollectLeaves(*tree_, "", leaves);
  return leaves;
}

double JsonMilliseconds(absl::Duration duration) {
  return std::round(absl::ToDoubleMicroseconds(duration)) / 1000;
}

}  // namespace nines::ctl

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// docs/config.md says what the code does: its example is a valid config, and the defaults in its
// tables are those of the structs.

#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "nines/config.h"

namespace nines {
namespace {

using ::testing::SizeIs;

std::string Document() {
  std::ifstream file(NINES_DOCS_DIR "/config.md");
  return std::string(std::istreambuf_iterator<char>(file), {});
}

constexpr absl::string_view kExampleBegin = "```json\n";

std::string Example(absl::string_view document) {
  const size_t begin = document.find(kExampleBegin) + kExampleBegin.size();
  return std::string(document.substr(begin, document.find("```", begin) - begin));
}

// What stands between backticks in a cell of a table; "" if nothing does.
absl::string_view Code(absl::string_view cell) {
  const size_t begin = cell.find('`');
  if (begin == absl::string_view::npos) return "";
  cell.remove_prefix(begin + 1);
  return cell.substr(0, cell.find('`'));
}

// The tables' rows "| `nines.object.field` | `default` | … |" as JSON, each object with its fields.
// A field that is required has no default, but a row that allows one value.
std::map<std::string, std::vector<std::string>> DocumentedFields() {
  std::map<std::string, std::vector<std::string>> objects;
  for (const absl::string_view line : absl::StrSplit(Document(), '\n')) {
    if (!absl::StartsWith(line, "| `nines.")) continue;
    const std::vector<absl::string_view> cells = absl::StrSplit(line, '|');
    const std::vector<std::string> path = absl::StrSplit(Code(cells[1]), '.');
    const bool is_required = absl::StrContains(cells[2], "required");
    const absl::string_view value = Code(cells[is_required ? 3 : 2]);
    if (path.size() != 3 || value.empty()) continue;
    objects[path[1]].push_back(absl::StrCat("\"", path[2], "\": ", value));
  }
  return objects;
}

// The config in which every field that has a documented default is written out.
BalancerConfig ConfigOfDocumentedDefaults() {
  const std::string json =
      absl::StrCat("{",
                   absl::StrJoin(DocumentedFields(), ", ",
                                 [](std::string* out, const auto& object) {
                                   absl::StrAppend(out, "\"", object.first, "\": {",
                                                   absl::StrJoin(object.second, ", "), "}");
                                 }),
                   "}");
  const absl::StatusOr<BalancerConfig> config = ParseBalancerConfig(json);
  EXPECT_TRUE(config.ok()) << json << "\n" << config.status();
  return config.value_or(BalancerConfig{});
}

TEST(ConfigDocumentTest, ExampleIsValid) {
  const absl::StatusOr<ServiceConfig> config = ParseServiceConfig(Example(Document()));

  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_TRUE(std::holds_alternative<HashConfig>(config->balancer.algorithm));
  EXPECT_THAT(config->methods, SizeIs(1));
}

TEST(ConfigDocumentTest, EveryObjectHasItsFields) {
  const auto fields = DocumentedFields();

  ASSERT_THAT(fields, SizeIs(4));
  EXPECT_THAT(fields.at("hash"), SizeIs(1));
  EXPECT_THAT(fields.at("outlierDetection"), SizeIs(5));
  EXPECT_THAT(fields.at("healthCheck"), SizeIs(6));
  EXPECT_THAT(fields.at("panic"), SizeIs(2));
}

TEST(ConfigDocumentTest, DefaultsOfHash) {
  const BalancerConfig config = ConfigOfDocumentedDefaults();

  const auto& hash = std::get<HashConfig>(config.algorithm);
  ASSERT_EQ(hash.keys.size(), HashConfig().keys.size());
  EXPECT_EQ(hash.keys[0].kind, HashConfig().keys[0].kind);
  EXPECT_EQ(hash.table_size, HashConfig().table_size);
}

TEST(ConfigDocumentTest, DefaultsOfOutlierDetection) {
  const OutlierDetectionConfig documented = ConfigOfDocumentedDefaults().outlier_detection;
  const OutlierDetectionConfig defaults;

  EXPECT_EQ(documented.interval, defaults.interval);
  EXPECT_EQ(documented.base_ejection_time, defaults.base_ejection_time);
  EXPECT_EQ(documented.max_ejection_time, defaults.max_ejection_time);
  EXPECT_EQ(documented.max_ejection_percent, defaults.max_ejection_percent);
  EXPECT_EQ(documented.consecutive_failures, defaults.consecutive_failures);
}

TEST(ConfigDocumentTest, DefaultsOfHealthCheck) {
  const auto documented = ConfigOfDocumentedDefaults().health_check;
  const HealthCheckConfig defaults;

  ASSERT_TRUE(documented.has_value());
  EXPECT_EQ(documented->interval, defaults.interval);
  EXPECT_EQ(documented->timeout, defaults.timeout);
  EXPECT_EQ(documented->unhealthy_threshold, defaults.unhealthy_threshold);
  EXPECT_EQ(documented->healthy_threshold, defaults.healthy_threshold);
  EXPECT_EQ(documented->jitter_percent, defaults.jitter_percent);
}

TEST(ConfigDocumentTest, DefaultsOfPanic) {
  const PanicConfig documented = ConfigOfDocumentedDefaults().panic;

  EXPECT_EQ(documented.threshold_percent, PanicConfig().threshold_percent);
  EXPECT_EQ(documented.mode, PanicConfig().mode);
}

}  // namespace
}  // namespace nines

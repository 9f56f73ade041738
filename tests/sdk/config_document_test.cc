// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// docs/config.md says what the code does: its example is a valid config, its tables have the fields
// that the parser has, and their defaults are those of the structs.

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
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

using ::testing::IsEmpty;
using ::testing::Not;
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

// One row "| `nines.object.field` | default | allowed | … |" of the tables.
struct Row {
  std::vector<std::string> path;  // without "nines"
  /// The documented default as JSON, or of a required field the one value that is allowed; "" if
  /// the row names neither.
  std::string value;
};

std::vector<Row> Rows() {
  std::vector<Row> rows;
  for (const absl::string_view line : absl::StrSplit(Document(), '\n')) {
    if (!absl::StartsWith(line, "| `nines.")) continue;
    const std::vector<absl::string_view> cells = absl::StrSplit(line, '|');
    const bool is_required = absl::StrContains(cells[2], "required");
    rows.push_back({absl::StrSplit(absl::StripPrefix(Code(cells[1]), "nines."), '.'),
                    std::string(Code(cells[is_required ? 3 : 2]))});
  }
  return rows;
}

// "outlierDetection.stallEjection" as a path; "" is nines itself.
std::vector<std::string> PathOf(absl::string_view object) {
  return absl::StrSplit(object, '.', absl::SkipEmpty());
}

bool IsIn(const Row& row, const std::vector<std::string>& object) {
  return row.path.size() > object.size() &&
         std::equal(object.begin(), object.end(), row.path.begin());
}

// `content` as what stands at `object` in a config.
std::string Wrap(absl::string_view object, std::string content) {
  std::vector<std::string> path = PathOf(object);
  for (; !path.empty(); path.pop_back()) {
    content = absl::StrCat("{\"", path.back(), "\": ", content, "}");
  }
  return content;
}

// The names of the fields that are documented in `object`.
std::set<std::string> DocumentedFields(absl::string_view object) {
  const std::vector<std::string> path = PathOf(object);
  std::set<std::string> fields;
  for (const Row& row : Rows()) {
    if (IsIn(row, path)) fields.insert(row.path[path.size()]);
  }
  return fields;
}

constexpr absl::string_view kAllowed = "allowed: ";

// The names that the parser says it knows and will know there.
std::set<std::string> ParsedFields(absl::string_view object) {
  const std::string problems(ParseBalancerConfig(Wrap(object, R"({"?": 0})")).status().message());
  const size_t begin = problems.find(std::string(kAllowed)) + kAllowed.size();
  return absl::StrSplit(problems.substr(begin, problems.find('\n', begin) - begin), ", ");
}

// The config in which every field of `object` that has a documented default is written out.
BalancerConfig DocumentedDefaults(absl::string_view object) {
  const std::vector<std::string> path = PathOf(object);
  std::vector<std::string> fields;
  for (const Row& row : Rows()) {
    if (!IsIn(row, path) || row.path.size() != path.size() + 1 || row.value.empty()) continue;
    fields.push_back(absl::StrCat("\"", row.path.back(), "\": ", row.value));
  }
  EXPECT_THAT(fields, Not(IsEmpty())) << object;
  const std::string json = Wrap(object, absl::StrCat("{", absl::StrJoin(fields, ", "), "}"));
  const absl::StatusOr<BalancerConfig> config = ParseBalancerConfig(json);
  EXPECT_TRUE(config.ok()) << json << "\n" << config.status();
  return config.value_or(BalancerConfig{});
}

// The documented default of a field of nines itself.
std::string DocumentedDefault(absl::string_view field) {
  for (const Row& row : Rows()) {
    if (row.path.size() == 1 && row.path[0] == field) return row.value;
  }
  return "none";
}

TEST(ConfigDocumentTest, ExampleIsValid) {
  const absl::StatusOr<ServiceConfig> config = ParseServiceConfig(Example(Document()));

  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_TRUE(std::holds_alternative<HashConfig>(config->balancer.algorithm));
  EXPECT_THAT(config->methods, SizeIs(1));
}

TEST(ConfigDocumentTest, FieldsAreThoseOfTheParser) {
  EXPECT_EQ(DocumentedFields(""), ParsedFields(""));
  EXPECT_EQ(DocumentedFields("hash"), ParsedFields("hash"));
  EXPECT_EQ(DocumentedFields("leastRequest"), ParsedFields("leastRequest"));
  EXPECT_EQ(DocumentedFields("slowStart"), ParsedFields("slowStart"));
  EXPECT_EQ(DocumentedFields("subset"), ParsedFields("subset"));
  EXPECT_EQ(DocumentedFields("outlierDetection"), ParsedFields("outlierDetection"));
  for (const absl::string_view detector :
       {"successRateEjection", "failurePercentageEjection", "sequentialEjection", "latencyEjection",
        "stallEjection"}) {
    const std::string object = absl::StrCat("outlierDetection.", detector);
    EXPECT_EQ(DocumentedFields(object), ParsedFields(object));
  }
  EXPECT_EQ(DocumentedFields("healthCheck"), ParsedFields("healthCheck"));
  EXPECT_EQ(DocumentedFields("panic"), ParsedFields("panic"));
  EXPECT_EQ(DocumentedFields("performanceCheck"), ParsedFields("performanceCheck"));
  EXPECT_EQ(DocumentedFields("retryBudget"), ParsedFields("retryBudget"));
}

TEST(ConfigDocumentTest, DefaultsOfHash) {
  const BalancerConfig config = DocumentedDefaults("hash");

  const auto& hash = std::get<HashConfig>(config.algorithm);
  ASSERT_EQ(hash.keys.size(), HashConfig().keys.size());
  EXPECT_EQ(hash.keys[0].kind, HashConfig().keys[0].kind);
  EXPECT_EQ(hash.table_size, HashConfig().table_size);
  EXPECT_EQ(hash.bounded_load, HashConfig().bounded_load);
}

TEST(ConfigDocumentTest, DefaultsOfLeastRequest) {
  const BalancerConfig config = DocumentedDefaults("leastRequest");

  EXPECT_EQ(std::get<LeastRequestConfig>(config.algorithm).choices, LeastRequestConfig().choices);
}

TEST(ConfigDocumentTest, DefaultsOfSlowStart) {
  const auto documented = DocumentedDefaults("slowStart").slow_start;
  const SlowStartConfig defaults;

  ASSERT_TRUE(documented.has_value());
  EXPECT_EQ(documented->window, defaults.window);
  EXPECT_EQ(documented->aggression, defaults.aggression);
  EXPECT_EQ(documented->min_weight_percent, defaults.min_weight_percent);
}

TEST(ConfigDocumentTest, DefaultsOfRetryBudget) {
  const RetryBudgetConfig documented = DocumentedDefaults("retryBudget").retry_budget;
  const RetryBudgetConfig defaults;

  EXPECT_EQ(documented.percent, defaults.percent);
  EXPECT_EQ(documented.min_per_second, defaults.min_per_second);
  EXPECT_EQ(documented.ttl, defaults.ttl);
}

TEST(ConfigDocumentTest, DefaultsOfNinesItself) {
  const BalancerConfig defaults;

  EXPECT_EQ(DocumentedDefault("random"), "{}");
  EXPECT_TRUE(std::holds_alternative<RandomConfig>(defaults.algorithm));
  EXPECT_EQ(DocumentedDefault("tierOverprovisioningFactor"),
            absl::StrCat(defaults.tier_overprovisioning_factor));
  EXPECT_EQ(DocumentedDefault("slowStart"), "");
  EXPECT_FALSE(defaults.slow_start.has_value());
  EXPECT_EQ(DocumentedDefault("subset"), "");
  EXPECT_EQ(defaults.subset_size, 0);
  EXPECT_EQ(DocumentedDefault("maxInFlightPerEndpoint"), "");
  EXPECT_EQ(defaults.max_in_flight_per_endpoint, 0);
}

TEST(ConfigDocumentTest, DefaultsOfOutlierDetection) {
  const OutlierDetectionConfig documented =
      DocumentedDefaults("outlierDetection").outlier_detection;
  const OutlierDetectionConfig defaults;

  EXPECT_EQ(documented.interval, defaults.interval);
  EXPECT_EQ(documented.base_ejection_time, defaults.base_ejection_time);
  EXPECT_EQ(documented.max_ejection_time, defaults.max_ejection_time);
  EXPECT_EQ(documented.max_ejection_percent, defaults.max_ejection_percent);
  EXPECT_EQ(documented.consecutive_failures, defaults.consecutive_failures);
}

TEST(ConfigDocumentTest, DefaultsOfSuccessRateEjection) {
  const SuccessRateEjectionConfig documented =
      DocumentedDefaults("outlierDetection.successRateEjection").outlier_detection.success_rate;
  const SuccessRateEjectionConfig defaults;

  EXPECT_EQ(documented.stdev_factor, defaults.stdev_factor);
  EXPECT_EQ(documented.enforcement_percentage, defaults.enforcement_percentage);
  EXPECT_EQ(documented.minimum_hosts, defaults.minimum_hosts);
  EXPECT_EQ(documented.request_volume, defaults.request_volume);
}

TEST(ConfigDocumentTest, DefaultsOfFailurePercentageEjection) {
  const FailurePercentageEjectionConfig documented =
      DocumentedDefaults("outlierDetection.failurePercentageEjection")
          .outlier_detection.failure_percentage;
  const FailurePercentageEjectionConfig defaults;

  EXPECT_EQ(documented.threshold, defaults.threshold);
  EXPECT_EQ(documented.enforcement_percentage, defaults.enforcement_percentage);
  EXPECT_EQ(documented.minimum_hosts, defaults.minimum_hosts);
  EXPECT_EQ(documented.request_volume, defaults.request_volume);
}

TEST(ConfigDocumentTest, DefaultsOfTheOtherDetectors) {
  const OutlierDetectionConfig defaults;

  EXPECT_EQ(DocumentedDefaults("outlierDetection.sequentialEjection")
                .outlier_detection.sequential.enforcement_percentage,
            defaults.sequential.enforcement_percentage);
  const LatencyEjectionConfig latency =
      DocumentedDefaults("outlierDetection.latencyEjection").outlier_detection.latency;
  EXPECT_EQ(latency.factor, defaults.latency.factor);
  EXPECT_EQ(latency.enforcement_percentage, defaults.latency.enforcement_percentage);
  EXPECT_EQ(latency.minimum_hosts, defaults.latency.minimum_hosts);
  EXPECT_EQ(latency.request_volume, defaults.latency.request_volume);
  const StallEjectionConfig stall =
      DocumentedDefaults("outlierDetection.stallEjection").outlier_detection.stall;
  EXPECT_EQ(stall.factor, defaults.stall.factor);
  EXPECT_EQ(stall.minimum_time, defaults.stall.minimum_time);
}

TEST(ConfigDocumentTest, DefaultsOfHealthCheck) {
  const auto documented = DocumentedDefaults("healthCheck").health_check;
  const HealthCheckConfig defaults;

  ASSERT_TRUE(documented.has_value());
  EXPECT_EQ(documented->interval, defaults.interval);
  EXPECT_EQ(documented->timeout, defaults.timeout);
  EXPECT_EQ(documented->unhealthy_threshold, defaults.unhealthy_threshold);
  EXPECT_EQ(documented->healthy_threshold, defaults.healthy_threshold);
  EXPECT_EQ(documented->jitter_percent, defaults.jitter_percent);
}

TEST(ConfigDocumentTest, DefaultsOfPerformanceCheck) {
  const auto documented = DocumentedDefaults("performanceCheck").performance_check;
  const PerformanceCheckConfig defaults;

  ASSERT_TRUE(documented.has_value());
  EXPECT_EQ(documented->load_header, defaults.load_header);
  EXPECT_EQ(documented->target_utilization, defaults.target_utilization);
  EXPECT_EQ(documented->latency_factor, defaults.latency_factor);
  EXPECT_EQ(documented->min_weight_percent, defaults.min_weight_percent);
}

TEST(ConfigDocumentTest, DefaultsOfPanic) {
  const PanicConfig documented = DocumentedDefaults("panic").panic;

  EXPECT_EQ(documented.threshold_percent, PanicConfig().threshold_percent);
  EXPECT_EQ(documented.mode, PanicConfig().mode);
}

}  // namespace
}  // namespace nines

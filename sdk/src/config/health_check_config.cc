// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "config/health_check_config.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "config/field_ranges.h"

namespace nines {
namespace {

constexpr IntegerRange kProbeThreshold = {1, 1000};
constexpr IntegerRange kStatus = {200, 599};  // 1xx never is the last status of an answer
constexpr size_t kMaxStatusRanges = 16;
constexpr size_t kMaxPathBytes = 2048;
constexpr size_t kMaxHostBytes = 255;
constexpr size_t kMaxServiceNameBytes = 1024;
constexpr size_t kMaxCheckNameBytes = 255;

constexpr absl::string_view kKinds[] = {"tcp", "http", "grpc", "custom"};

bool IsNameCharacter(char c) { return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.'; }

bool IsPort(absl::string_view text) {
  uint32_t port = 0;
  return absl::c_all_of(text, absl::ascii_isdigit) && absl::SimpleAtoi(text, &port) && port >= 1 &&
         port <= 65535;
}

// Whether `text` is name, name:port, [IPv6] or [IPv6]:port. What is in the brackets is only looked
// at for what could be mistaken for another part of a URL.
bool IsHost(absl::string_view text) {
  if (text.size() > kMaxHostBytes) return false;
  const bool has_brackets = absl::ConsumePrefix(&text, "[");
  const auto end = absl::c_find_if(text, [has_brackets](char c) {
    return has_brackets ? !absl::ascii_isxdigit(c) && c != ':' && c != '.' : !IsNameCharacter(c);
  });
  if (end == text.begin()) return false;
  text.remove_prefix(end - text.begin());
  if (has_brackets && !absl::ConsumePrefix(&text, "]")) return false;
  return text.empty() || (absl::ConsumePrefix(&text, ":") && IsPort(text));
}

// '#' would end the path in a URL; '?' begins a query, which is well.
bool IsPathCharacter(char c) { return absl::ascii_isgraph(c) && c != '#'; }

std::string ReadPath(const ConfigValue& path) {
  constexpr absl::string_view kAllowed = "a path that begins with \"/\"";
  const absl::string_view text = path.AsString(kAllowed).value_or("/");
  if (text.empty() || text.front() != '/' || text.size() > kMaxPathBytes ||
      !absl::c_all_of(text, IsPathCharacter)) {
    path.AddProblem(absl::StrCat(path.Description(), " is not a path; allowed: ", kAllowed,
                                 ", printable ASCII without spaces and '#', at most ",
                                 kMaxPathBytes, " bytes"));
  }
  return std::string(text);
}

std::string ReadHost(const ConfigValue& host) {
  constexpr absl::string_view kAllowed = "a host or host:port, IPv6 addresses in []";
  const std::optional<absl::string_view> text = host.AsString(kAllowed);
  if (!text) return "";
  if (!IsHost(*text)) {
    host.AddProblem(absl::StrCat(host.Description(), " is not a host; allowed: ", kAllowed));
  }
  return std::string(*text);
}

std::string ReadCaFile(const ConfigValue& ca_file, bool tls) {
  const std::optional<absl::string_view> text = ca_file.AsString("the path of a PEM file");
  if (!text) return "";
  if (text->empty() || text->find('\0') != absl::string_view::npos) {
    ca_file.AddProblem(absl::StrCat(ca_file.Description(), " is not the path of a file"));
  }
  if (!tls) ca_file.AddProblem("is of no use without TLS; allowed: beside \"tls\": true");
  return std::string(*text);
}

HttpProbeConfig::StatusRange ReadStatusRange(const ConfigValue& value) {
  static constexpr absl::string_view kNames[] = {"start", "end"};
  HttpProbeConfig::StatusRange range;
  if (!value.CheckObject()) return range;
  value.CheckFields(kNames);
  const auto start = value.Require("start");
  const auto end = value.Require("end");
  if (start) range.start = start->AsInteger(kStatus).value_or(range.start);
  if (end) range.end = end->AsInteger(kStatus).value_or(std::max(range.start, range.end));
  if (start && end && range.end < range.start) {
    end->AddProblem(absl::StrCat(range.end, " is below start, ", range.start,
                                 "; allowed: at least that, both are included"));
  }
  return range;
}

std::vector<HttpProbeConfig::StatusRange> ReadStatuses(const ConfigValue& statuses) {
  std::vector<HttpProbeConfig::StatusRange> ranges;
  if (!statuses.CheckArray()) return ranges;
  const std::vector<ConfigValue> elements = statuses.Children();
  if (elements.empty() || elements.size() > kMaxStatusRanges) {
    statuses.AddProblem(
        absl::StrCat("has ", elements.size(), " elements; allowed: 1 to ", kMaxStatusRanges));
    return ranges;
  }
  for (const ConfigValue& element : elements) ranges.push_back(ReadStatusRange(element));
  return ranges;
}

HttpProbeConfig ReadHttpProbe(const ConfigValue& http) {
  static constexpr absl::string_view kNames[] = {"path", "host", "tls", "caFile",
                                                 "expectedStatuses"};
  HttpProbeConfig config;
  if (!http.CheckObject()) return config;
  http.CheckFields(kNames);
  if (const auto path = http.Require("path")) config.path = ReadPath(*path);
  if (const auto host = http.Find("host")) config.host = ReadHost(*host);
  if (const auto tls = http.Find("tls")) config.tls = tls->AsBool().value_or(false);
  if (const auto file = http.Find("caFile")) config.ca_file = ReadCaFile(*file, config.tls);
  if (const auto statuses = http.Find("expectedStatuses")) {
    config.expected_statuses = ReadStatuses(*statuses);
  }
  return config;
}

GrpcProbeConfig ReadGrpcProbe(const ConfigValue& grpc) {
  static constexpr absl::string_view kNames[] = {"serviceName", "watch"};
  GrpcProbeConfig config;
  if (!grpc.CheckObject()) return config;
  grpc.CheckFields(kNames);
  if (const auto name = grpc.Find("serviceName")) {
    config.service_name = std::string(name->AsString("the name of a service").value_or(""));
    if (config.service_name.size() > kMaxServiceNameBytes) {
      name->AddProblem(absl::StrCat("has ", config.service_name.size(), " bytes; allowed: at most ",
                                    kMaxServiceNameBytes));
    }
  }
  if (const auto watch = grpc.Find("watch")) config.watch = watch->AsBool().value_or(false);
  return config;
}

CustomProbeConfig ReadCustomProbe(const ConfigValue& custom) {
  static constexpr absl::string_view kNames[] = {"name"};
  CustomProbeConfig config;
  if (!custom.CheckObject()) return config;
  custom.CheckFields(kNames);
  const auto name = custom.Require("name");
  if (!name) return config;
  const std::optional<absl::string_view> text = name->AsString("the name of a check");
  if (!text) return config;
  config.name = std::string(*text);
  if (text->empty() || text->size() > kMaxCheckNameBytes) {
    name->AddProblem(
        absl::StrCat("has ", text->size(), " bytes; allowed: 1 to ", kMaxCheckNameBytes));
  }
  return config;
}

// Reads all the kinds that are present, so that the problems of each are noted.
void ReadProbe(const ConfigValue& health_check, HealthCheckConfig& config) {
  const std::vector<absl::string_view> present = health_check.Present(kKinds);
  if (present.size() != 1) {
    health_check.AddProblem(absl::StrCat("names ", present.empty() ? "no" : "more than one",
                                         " kind of probe; allowed: exactly one of tcp, http, "
                                         "grpc, custom"));
  }
  if (const auto tcp = health_check.Find("tcp")) tcp->CheckEmptyObject();
  if (const auto http = health_check.Find("http")) config.probe = ReadHttpProbe(*http);
  if (const auto grpc = health_check.Find("grpc")) config.probe = ReadGrpcProbe(*grpc);
  if (const auto custom = health_check.Find("custom")) config.probe = ReadCustomProbe(*custom);
}

}  // namespace

HealthCheckConfig ReadHealthCheckConfig(const ConfigValue& health_check) {
  static constexpr absl::string_view kNames[] = {"interval",
                                                 "timeout",
                                                 "unhealthyThreshold",
                                                 "healthyThreshold",
                                                 "jitterPercent",
                                                 "tcp",
                                                 "http",
                                                 "grpc",
                                                 "custom"};
  HealthCheckConfig config;
  if (!health_check.CheckObject()) return config;
  health_check.CheckFields(kNames);
  ReadProbe(health_check, config);
  config.interval = health_check.DurationOr("interval", kHealthDuration, config.interval);
  config.timeout = health_check.DurationOr("timeout", kHealthDuration, config.timeout);
  config.unhealthy_threshold =
      health_check.IntegerOr("unhealthyThreshold", kProbeThreshold, config.unhealthy_threshold);
  config.healthy_threshold =
      health_check.IntegerOr("healthyThreshold", kProbeThreshold, config.healthy_threshold);
  config.jitter_percent = health_check.IntegerOr("jitterPercent", kPercent, config.jitter_percent);
  return config;
}

}  // namespace nines

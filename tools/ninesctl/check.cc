// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "ninesctl/check.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "nines/config.h"
#include "nines/retry.h"
#include "ninesctl/config_file.h"
#include "ninesctl/effective_config.h"
#include "ninesctl/table.h"

namespace nines::ctl {
namespace {

std::string NameOf(const CheckOptions& options) {
  return options.config == "-" ? "stdin" : options.config;
}

// ParseServiceConfig() reports one problem a line.
std::vector<std::string> Problems(const absl::Status& status) {
  return absl::StrSplit(status.message(), '\n');
}

ExitStatus ReportProblems(const std::string& name, const std::vector<std::string>& problems,
                          Console& console) {
  if (console.is_json()) {
    Json list = Json::Array();
    for (const std::string& problem : problems) list.Append(problem);
    Json json = Json::Object();
    json.Set("config", name).Set("valid", false).Set("problems", std::move(list));
    console.Write(json);
    return ExitStatus::kBadNews;
  }
  console.out << Printable(name) << ": " << Toned("wrong", Tone::kBad, console.has_color) << "\n";
  for (const std::string& problem : problems) console.out << "  " << Printable(problem) << "\n";
  return ExitStatus::kBadNews;
}

// What is true of a config and not in any field of it.
std::vector<std::string> Notes(const ServiceConfig& config) {
  std::vector<std::string> notes;
  if (!config.grpc_only_fields.empty()) {
    notes.push_back(absl::StrCat(absl::StrJoin(config.grpc_only_fields, ", "),
                                 ": for gRPC channels only; nines::Client refuses this config"));
  }
  if (!config.client_only_fields.empty()) {
    notes.push_back(absl::StrCat(absl::StrJoin(config.client_only_fields, ", "),
                                 ": for nines::Client only; CreateChannel() refuses this config"));
  }
  if (!config.balancer.health_check) notes.emplace_back("no healthCheck: endpoints are not probed");
  if (config.FindMethod("") == nullptr || !config.FindMethod("")->retry_policy) {
    notes.push_back(
        absl::StrCat("calls without a retryPolicy: up to ", kUnprocessedAttempts,
                     " attempts, if the failures prove that the server did not process them"));
  }
  return notes;
}

void ReportText(const std::string& name, const Json& effective,
                const std::vector<std::string>& notes, Console& console) {
  console.out << Printable(name) << ": " << Toned("valid", Tone::kGood, console.has_color) << "\n";
  for (const std::string& note : notes) console.out << "  " << note << "\n";
  Table table({{"IN FORCE"}, {"VALUE"}});
  for (const auto& [path, value] : effective.Leaves()) {
    // Paths as docs/config.md has them: from "nines" on.
    table.Add({std::string(absl::StripPrefix(path, "loadBalancingConfig[0].")),
               value.empty() ? "\"\"" : value});
  }
  console.out << table.Render(console.has_color);
}

void ReportJson(const std::string& name, Json effective, const std::vector<std::string>& notes,
                Console& console) {
  Json list = Json::Array();
  for (const std::string& note : notes) list.Append(note);
  Json json = Json::Object();
  json.Set("config", name).Set("valid", true).Set("problems", Json::Array());
  json.Set("notes", std::move(list)).Set("effective", std::move(effective));
  console.Write(json);
}

}  // namespace

absl::StatusOr<ExitStatus> Check(const CheckOptions& options, Console& console) {
  const absl::StatusOr<std::string> text = ReadConfigText(options.config, console.in);
  if (!text.ok()) return text.status();
  const std::string name = NameOf(options);
  const absl::StatusOr<ServiceConfig> config = ParseServiceConfig(*text);
  if (!config.ok()) return ReportProblems(name, Problems(config.status()), console);

  Json effective = EffectiveConfig(*config);
  const std::vector<std::string> notes = Notes(*config);
  if (console.is_json()) {
    ReportJson(name, std::move(effective), notes, console);
  } else {
    ReportText(name, effective, notes, console);
  }
  return ExitStatus::kGood;
}

}  // namespace nines::ctl

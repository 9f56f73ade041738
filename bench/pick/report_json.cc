// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "goals.h"
#include "report.h"

namespace nines::bench {
namespace {

// Members of one object, in order.
class JsonObject {
 public:
  JsonObject& Add(absl::string_view name, std::string json) {
    members_.push_back(absl::StrCat("\"", name, "\": ", json));
    return *this;
  }
  JsonObject& Add(absl::string_view name, double value) {
    return Add(name, absl::StrFormat("%.6g", value));
  }
  JsonObject& AddText(absl::string_view name, absl::string_view text);

  std::string ToString() const { return absl::StrCat("{", absl::StrJoin(members_, ", "), "}"); }

 private:
  std::vector<std::string> members_;
};

std::string Quoted(absl::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    // Control characters have no business in a title.
    quoted.push_back(static_cast<unsigned char>(c) < ' ' ? ' ' : c);
  }
  return absl::StrCat(quoted, "\"");
}

JsonObject& JsonObject::AddText(absl::string_view name, absl::string_view text) {
  return Add(name, Quoted(text));
}

std::string ToJson(const Figure& figure) {
  return JsonObject()
      .Add("median", figure.median)
      .Add("low", figure.low)
      .Add("high", figure.high)
      .ToString();
}

std::string ToJson(const FigureBySize& figures) {
  JsonObject object;
  for (const auto& [size, figure] : figures) object.Add(absl::StrCat(size), ToJson(figure));
  return object.ToString();
}

std::string ToJson(const ChangeCost& cost) {
  return JsonObject().Add("ns", ToJson(cost.ns)).Add("allocations", cost.allocations).ToString();
}

std::string ToJson(const SystemResults& system) {
  JsonObject object;
  object.AddText("name", system.name).AddText("title", system.title);
  object.AddText("origin", system.origin == Origin::kNines ? "nines" : "baseline");
  object.Add("pick_ns", ToJson(system.pick_ns));
  object.Add("pick_and_drop_ns", ToJson(system.pick_and_drop_ns));
  if (!system.report_ns.empty()) {
    object.Add("pick_and_report_ns", ToJson(system.pick_and_report_ns));
    object.Add("report_ns", ToJson(system.report_ns));
  }
  if (system.two_threads_ns) object.Add("two_threads_pick_ns", ToJson(*system.two_threads_ns));
  if (system.speed_up) object.Add("two_threads_rate_ratio", ToJson(*system.speed_up));
  if (system.health_change) object.Add("health_change", ToJson(*system.health_change));
  if (system.membership_ms) object.Add("membership_change_ms", ToJson(*system.membership_ms));
  if (system.heap_bytes) object.Add("heap_bytes", *system.heap_bytes);
  return object.ToString();
}

std::string ToJson(const Goal& goal) {
  return JsonObject()
      .AddText("title", goal.title)
      .Add("measured", goal.measured)
      .AddText("bound", goal.bound == Goal::Bound::kAtMost ? "at_most" : "at_least")
      .Add("limit", goal.limit)
      .AddText("unit", goal.unit)
      .Add("met", std::string(goal.is_met() ? "true" : "false"))
      .ToString();
}

template <typename T>
std::string JsonArray(const std::vector<T>& values, std::string (*to_json)(const T&)) {
  return absl::StrCat("[",
                      absl::StrJoin(values, ", ",
                                    [&](std::string* out, const T& value) {
                                      absl::StrAppend(out, to_json(value));
                                    }),
                      "]");
}

void AddBalancerResults(const Results& results, JsonObject& object) {
  if (results.ejections) {
    object.Add("ejection", JsonObject()
                               .Add("eject", ToJson(results.ejections->eject))
                               .Add("readmit", ToJson(results.ejections->readmit))
                               .ToString());
  }
  if (results.tail) {
    object.Add("p9999_ns", JsonObject()
                               .Add("quiet", ToJson(results.tail->quiet_ns))
                               .Add("changing", ToJson(results.tail->changing_ns))
                               .Add("ratio", ToJson(results.tail->ratio))
                               .ToString());
  }
  if (results.memory) {
    object.Add("memory", JsonObject()
                             .Add("state_bytes", results.memory->state_bytes)
                             .Add("heap_per_endpoint", results.memory->heap_per_endpoint)
                             .Add("heap_per_slot", results.memory->heap_per_slot)
                             .Add("allocations_per_pick", results.memory->allocations_per_pick)
                             .ToString());
  }
  if (results.grpc) {
    object.Add("grpc_calls_per_second", JsonObject()
                                            .Add("stock", results.grpc->stock)
                                            .Add("nines", results.grpc->nines)
                                            .Add("ratio", results.grpc->ratio)
                                            .Add("ratio_low", results.grpc->ratio_low)
                                            .Add("ratio_high", results.grpc->ratio_high)
                                            .ToString());
  }
}

}  // namespace

std::string ToJson(const Results& results) {
  JsonObject object;
  object.Add("rounds", results.rounds).AddText("machine", results.machine);
  object.Add("systems", JsonArray<SystemResults>(results.systems, ToJson));
  AddBalancerResults(results, object);
  object.Add("notes", JsonArray<std::string>(
                          results.notes, +[](const std::string& note) { return Quoted(note); }));
  object.Add("goals", JsonArray<Goal>(JudgeGoals(results), ToJson));
  object.Add("goals_met", std::string(MeetsGoals(results) ? "true" : "false"));
  return absl::StrCat(object.ToString(), "\n");
}

}  // namespace nines::bench

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// docs/health.md says what the engine does: each pair of its table is brought about and looked at.

#include "health_table.h"

#include <fstream>
#include <functional>
#include <iterator>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "health/health_engine.h"
#include "support/endpoint_states.h"
#include "support/fakes.h"

namespace nines {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const absl::Status kBoom = absl::UnavailableError("boom");

// An engine over four endpoints with the config's defaults, and what happens to the first of them.
class Machine {
 public:
  Machine() {
    engine_.Configure(BalancerConfig(), now_);
    table_.Merge(EndpointsNumbered(4), MakeDeafState);
    for (const auto& record : table_.records()) engine_.OnAdded(*record, now_);
    engine_.RecountTiers();
  }
  ~Machine() {
    while (first().state->in_flight() != 0) first().state->Unlease();
  }

  // The events of the first endpoint since the last time.
  std::vector<Event> TakeEvents() {
    std::vector<Event> events;
    for (const Event& event : std::exchange(recorder_.events, {})) {
      if (event.address == "e0") events.push_back(event);
    }
    return events;
  }
  EndpointRecord& first() { return *table_.records()[0]; }
  HealthState state() { return HealthStateOf(*first().state); }

  void Connectivity(nines::Connectivity connectivity) {
    const bool is_failure = connectivity == Connectivity::kFailed;
    engine_.OnConnectivity(first(), connectivity, is_failure ? kBoom : absl::OkStatus(), now_);
  }
  void Probe(int times, const absl::Status& status) { ProbeSince(now_ + kMoment, times, status); }
  void OldProbesSucceed() {
    const absl::Time began = now_ + kMoment;
    Advance(2 * kMoment);
    Report(0, 1, kBoom);
    ProbeSince(began, 2, absl::OkStatus());
  }
  void CallsFail() { engine_.OnFailureThreshold(first(), MakeOutcome(kBoom), now_); }
  void EndTrial(const absl::Status& status) {
    engine_.OnTrialEnd(first(), MakeOutcome(status), now_);
  }
  // `calls` to endpoint i end with `status`.
  void Report(int i, int calls, const absl::Status& status) {
    EndpointState& state = *table_.records()[i]->state;
    for (int call = 0; call < calls; ++call) {
      const uint32_t generation = state.generation();
      state.Report({state.TryLease(0), generation}, MakeOutcome(status));
    }
  }
  void Outlier() {
    Report(0, 20, kBoom);
    for (int i = 1; i < 4; ++i) Report(i, 20, absl::OkStatus());
    Advance(absl::Seconds(1));
  }
  // Calls go to the first endpoint and none comes back, while others' do.
  void Stall() {
    engine_.LookForStalls(now_);
    for (int call = 0; call < 4; ++call) BeginCall();
    for (int look = 0; look < 5; ++look) Look();
  }
  void StallEnds() {
    Report(0, 1, absl::OkStatus());
    Look();
  }
  void BeginCall() { first().state->TryLease(0); }
  void LastCallEnds() {
    if (first().state->in_flight() == 0) BeginCall();
    first().state->Unlease();
    Advance(absl::Milliseconds(100));
  }
  void Set(const Override& wish) { ASSERT_TRUE(engine_.SetOverride("e0", wish, now_).ok()); }
  // Of the override that holds, or of a weight if none does.
  void Expire() {
    const Overrides::Entry* entry = engine_.FindOverride("e0");
    Override wish = entry != nullptr ? entry->wish : Override{.weight = 5};
    wish.expires_after = absl::Seconds(2);
    Set(wish);
    TakeEvents();
    Advance(absl::Seconds(2));
  }
  void Advance(absl::Duration duration) {
    now_ += duration;
    engine_.Tick(now_);
  }
  void TrialTooLong() {
    BeginCall();
    Advance(absl::Seconds(1));
    Advance(absl::Seconds(5));
  }

 private:
  static constexpr absl::Duration kMoment = absl::Milliseconds(20);

  void ProbeSince(absl::Time began, int times, const absl::Status& status) {
    now_ = std::max(now_, began);
    for (int i = 0; i < times; ++i) {
      engine_.OnProbe(first(), HealthCheckConfig(), {"tcp", status, began}, now_);
    }
  }
  void Look() {
    now_ += kMoment;
    for (int i = 1; i < 4; ++i) Report(i, 1, absl::OkStatus());
    engine_.LookForStalls(now_);
  }

  absl::Time now_ = absl::FromUnixSeconds(1000);
  EventRecorder recorder_;
  EndpointTable table_;
  FixedRandom random_;
  HealthEngine engine_{table_, random_, [this](Event event) { recorder_.OnEvent(event); }};
};

using Step = std::function<void(Machine&)>;
constexpr absl::Duration kBase = absl::Seconds(5);

// How an endpoint gets there.
const std::map<std::string, Step>& States() {
  static const auto& states = *new std::map<std::string, Step>{
      {"connecting", [](Machine& m) { m.Connectivity(Connectivity::kConnecting); }},
      {"ill unseen",
       [](Machine& m) {
         m.Connectivity(Connectivity::kConnecting);
         m.Probe(3, kBoom);
       }},
      {"unreachable", [](Machine& m) { m.Connectivity(Connectivity::kFailed); }},
      {"healthy", [](Machine&) {}},
      {"on trial",
       [](Machine& m) {
         m.CallsFail();
         m.Advance(kBase);
       }},
      {"ejected",
       [](Machine& m) {
         m.CallsFail();
         m.Advance(kBase);
         m.EndTrial(kBoom);
       }},
      {"stalled",
       [](Machine& m) {
         m.CallsFail();
         m.Advance(kBase);
         m.EndTrial(absl::OkStatus());
         m.Stall();
       }},
      {"probes failed", [](Machine& m) { m.Probe(3, kBoom); }},
      {"forced", [](Machine& m) { m.Set({.mode = Override::Mode::kForceHealthy}); }},
      {"draining",
       [](Machine& m) {
         m.BeginCall();
         m.Set({.mode = Override::Mode::kDrain});
       }},
      {"disabled", [](Machine& m) { m.Set({.mode = Override::Mode::kDisable}); }},
  };
  return states;
}

const std::map<std::string, Step>& Inputs() {
  static const auto& inputs = *new std::map<std::string, Step>{
      {"connected", [](Machine& m) { m.Connectivity(Connectivity::kConnected); }},
      {"connecting", [](Machine& m) { m.Connectivity(Connectivity::kConnecting); }},
      {"connection failed", [](Machine& m) { m.Connectivity(Connectivity::kFailed); }},
      {"probes succeed", [](Machine& m) { m.Probe(2, absl::OkStatus()); }},
      {"probes succeed later",
       [](Machine& m) {
         m.Advance(kBase);
         m.Probe(2, absl::OkStatus());
       }},
      {"old probes succeed", [](Machine& m) { m.OldProbesSucceed(); }},
      {"probes fail", [](Machine& m) { m.Probe(3, kBoom); }},
      {"probe unsupported", [](Machine& m) { m.Probe(1, absl::UnimplementedError("none")); }},
      {"call succeeds", [](Machine& m) { m.Report(0, 1, absl::OkStatus()); }},
      {"calls fail", [](Machine& m) { m.CallsFail(); }},
      {"trial succeeds", [](Machine& m) { m.EndTrial(absl::OkStatus()); }},
      {"trial fails", [](Machine& m) { m.EndTrial(kBoom); }},
      {"trial tells nothing",
       [](Machine& m) {
         m.EndTrial(absl::CancelledError());
         m.EndTrial(absl::ResourceExhaustedError("busy"));
       }},
      {"outlier", [](Machine& m) { m.Outlier(); }},
      {"stall", [](Machine& m) { m.Stall(); }},
      {"stall ends", [](Machine& m) { m.StallEnds(); }},
      {"drain", [](Machine& m) { m.Set({.mode = Override::Mode::kDrain}); }},
      {"disable", [](Machine& m) { m.Set({.mode = Override::Mode::kDisable}); }},
      {"force healthy", [](Machine& m) { m.Set({.mode = Override::Mode::kForceHealthy}); }},
      {"weight", [](Machine& m) { m.Set({.weight = 5}); }},
      {"clear", [](Machine& m) { m.Set({}); }},
      {"expiry", [](Machine& m) { m.Expire(); }},
      {"last call ends", [](Machine& m) { m.LastCallEnds(); }},
      {"ejection over", [](Machine& m) { m.Advance(2 * kBase); }},
      {"trial too long", [](Machine& m) { m.TrialTooLong(); }},
      {"base time passes", [](Machine& m) { m.Advance(kBase); }},
  };
  return inputs;
}

std::set<std::string> NamesOf(const std::map<std::string, Step>& steps) {
  std::set<std::string> names;
  for (const auto& [name, step] : steps) names.insert(name);
  return names;
}

std::vector<std::string> KindsOf(const std::vector<Event>& events) {
  std::vector<std::string> kinds;
  for (const Event& event : events) kinds.emplace_back(EventKindName(event.kind));
  return kinds;
}

void Check(const HealthTransition& transition) {
  Machine machine;
  States().at(transition.state)(machine);
  machine.TakeEvents();
  const std::string before(HealthStateName(machine.state()));

  Inputs().at(transition.input)(machine);

  const std::vector<Event> events = machine.TakeEvents();
  const std::string after(HealthStateName(machine.state()));
  EXPECT_EQ(after == before ? "same" : after, transition.becomes);
  EXPECT_EQ(KindsOf(events), transition.events);
  const std::string reason = events.empty() ? "" : events.back().reason;
  EXPECT_THAT(reason, HasSubstr(transition.reason));
  EXPECT_EQ(reason.empty(), transition.reason.empty());
}

TEST(HealthTableTest, SaysWhatHappens) {
  std::ifstream file(NINES_DOCS_DIR "/health.md");
  const std::string document(std::istreambuf_iterator<char>(file), {});

  const auto table = ParseHealthTable(document, NamesOf(States()), NamesOf(Inputs()));

  ASSERT_TRUE(table.ok()) << table.status().message();
  for (const HealthTransition& transition : *table) {
    SCOPED_TRACE(transition.state + " × " + transition.input);
    Check(transition);
  }
}

// The problems of a table over states "a" and "b" and input "x"; "" if there are none.
std::string ProblemsOf(const std::string& rows) {
  const std::string head =
      "text\n| in | input | becomes | events | reason |\n|---|---|---|---|---|\n";
  return std::string(ParseHealthTable(head + rows, {"a", "b"}, {"x"}).status().message());
}

TEST(ParseHealthTableTest, ARowStandsForEachOfItsPairs) {
  const auto table = ParseHealthTable(
      "| in | input | becomes | events | reason |\n|---|\n| a, b | x | same | k, l | why: so |\n",
      {"a", "b"}, {"x"});

  ASSERT_TRUE(table.ok()) << table.status();
  ASSERT_EQ(table->size(), 2u);
  EXPECT_EQ((*table)[1].state, "b");
  EXPECT_EQ((*table)[1].events, (std::vector<std::string>{"k", "l"}));
  EXPECT_EQ((*table)[1].reason, "why: so");
}

TEST(ParseHealthTableTest, NamesEveryPairThatIsMissing) {
  EXPECT_EQ(ProblemsOf("| a | x | same | | |\n\n| b | x | same | | |\n"), "b × x: missing")
      << "what stands behind the table is not of it";
  EXPECT_EQ(ParseHealthTable("no table", {"a", "b"}, {"x"}).status().message(),
            "a × x: missing\nb × x: missing");
}

TEST(ParseHealthTableTest, NamesAPairThatStandsTwice) {
  EXPECT_EQ(ProblemsOf("| a, b | x | same | | |\n| b | x | healthy | | |\n"), "b × x: twice");
}

TEST(ParseHealthTableTest, NamesWordsThatItDoesNotKnow) {
  EXPECT_THAT(ProblemsOf("| a, b, c | x | same | | |\n| a | y | same | | |\n"),
              AllOf(HasSubstr("c × x: which state?"), HasSubstr("a × y: which input?"),
                    Not(HasSubstr("missing"))));
}

TEST(ParseHealthTableTest, NamesARowThatIsNotWhole) {
  EXPECT_THAT(ProblemsOf("| a, b | x | same | |\n"), HasSubstr("not a row of five cells"));
  EXPECT_THAT(ProblemsOf("| a, b | x | | | |\n"), HasSubstr("not a row of five cells"));
}

}  // namespace
}  // namespace nines

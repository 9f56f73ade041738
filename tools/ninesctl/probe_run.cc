// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "ninesctl/probe_run.h"

#include <algorithm>
#include <future>
#include <memory>
#include <utility>

namespace nines::ctl {
namespace {

bool IsNoVerdict(const absl::Status& status) {
  return absl::IsUnimplemented(status) || absl::IsResourceExhausted(status);
}

// The probes of one run. Confined to the loop's thread.
class ProbeRun final {
 public:
  ProbeRun(const ProbeRunOptions& options, EventLoop& loop, Prober& prober,
           std::vector<ProbedEndpoint>& results, std::promise<void>& done)
      : options_(options), loop_(loop), prober_(prober), results_(results), done_(done) {
    lanes_.resize(std::min(results_.size(), loop.probe_budget().limit()));
  }

  void Start() {
    if (lanes_.empty()) done_.set_value();
    for (size_t lane = 0; lane < lanes_.size(); ++lane) ProbeNext(lane);
  }

 private:
  // A place for one probe at a time, which goes from endpoint to endpoint.
  struct Lane {
    size_t endpoint = 0;
    absl::Time start;
    std::unique_ptr<Prober::Probe> probe;
  };

  void ProbeNext(size_t lane) {
    if (next_ == results_.size()) return;
    lanes_[lane].endpoint = next_++;
    ProbeAgain(lane);
  }

  void ProbeAgain(size_t lane) {
    const std::string& address = results_[lanes_[lane].endpoint].endpoint.address;
    lanes_[lane].start = loop_.clock().Now();
    lanes_[lane].probe =
        prober_.Start(address, options_.timeout,
                      [this, lane](const absl::Status& status) { OnAnswer(lane, status); });
  }

  void OnAnswer(size_t lane, absl::Status status) {
    ProbedEndpoint& result = results_[lanes_[lane].endpoint];
    result.answers.push_back({std::move(status), loop_.clock().Now() - lanes_[lane].start});
    if (result.answers.size() < options_.count) return ProbeAgain(lane);
    prober_.Forget(result.endpoint.address);
    if (++finished_ == results_.size()) return done_.set_value();
    ProbeNext(lane);
  }

  const ProbeRunOptions options_;
  EventLoop& loop_;
  Prober& prober_;
  std::vector<ProbedEndpoint>& results_;
  std::promise<void>& done_;
  std::vector<Lane> lanes_;
  size_t next_ = 0;      // endpoint that no lane has begun with
  size_t finished_ = 0;  // endpoints
};

}  // namespace

ProbedEndpoint::Verdict ProbedEndpoint::verdict() const {
  bool is_unknown = false;
  for (const Answer& answer : answers) {
    if (answer.status.ok()) continue;
    if (!IsNoVerdict(answer.status)) return Verdict::kUnhealthy;
    is_unknown = true;
  }
  return is_unknown ? Verdict::kUnknown : Verdict::kHealthy;
}

size_t ProbedEndpoint::good_answers() const {
  return static_cast<size_t>(std::count_if(
      answers.begin(), answers.end(), [](const Answer& answer) { return answer.status.ok(); }));
}

absl::Duration ProbedEndpoint::typical_time() const {
  std::vector<absl::Duration> times;
  for (const Answer& answer : answers) times.push_back(answer.took);
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

absl::Status ProbedEndpoint::last_error() const {
  const auto last = std::find_if(answers.rbegin(), answers.rend(),
                                 [](const Answer& answer) { return !answer.status.ok(); });
  return last == answers.rend() ? absl::OkStatus() : last->status;
}

std::vector<ProbedEndpoint> ProbeAll(const EndpointList& endpoints, const ProbeRunOptions& options,
                                     EventLoop& loop, Prober& prober) {
  std::vector<ProbedEndpoint> results;
  for (const Endpoint& endpoint : endpoints) results.push_back({endpoint, {}});
  std::promise<void> done;
  std::unique_ptr<ProbeRun> run;
  RunOnLoopAndWait(loop, [&] {
    run = std::make_unique<ProbeRun>(options, loop, prober, results, done);
    run->Start();
  });
  done.get_future().wait();
  RunOnLoopAndWait(loop, [&] { run.reset(); });
  return results;
}

}  // namespace nines::ctl

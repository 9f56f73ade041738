// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nines/endpoint.h"
#include "nines/health.h"
#include "nines/observer.h"
#include "nines/policy.h"
#include "nines/random.h"
#include "nines/resolver.h"

namespace nines {

// Endpoints "a", "b", … by name.
inline EndpointList EndpointsNamed(const std::vector<std::string>& addresses) {
  EndpointList endpoints;
  for (const std::string& address : addresses) {
    Endpoint endpoint;
    endpoint.address = address;
    endpoints.push_back(std::move(endpoint));
  }
  return endpoints;
}

// Endpoints "e0", "e1", …
inline EndpointList EndpointsNumbered(int count) {
  std::vector<std::string> addresses;
  addresses.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) addresses.push_back(absl::StrCat("e", i));
  return EndpointsNamed(addresses);
}

// SplitMix64 from a fixed seed. Thread-safe.
class FixedRandom final : public RandomSource {
 public:
  explicit FixedRandom(uint64_t seed = 1) : state_(seed) {}
  uint64_t Next() override {
    return SplitMixScramble(state_.fetch_add(kSplitMixStep) + kSplitMixStep);
  }

 private:
  std::atomic<uint64_t> state_;
};

// Candidate k is endpoint (seed + k) mod n, and the seed is 0 but for calls with a key: an order
// that a test can write down.
class InOrderPolicy final : public Policy {
 public:
  absl::string_view name() const override { return "in_order"; }
  SeedSource seed_source() const override { return SeedSource::kRandom; }
  uint32_t choices() const override { return 1; }
  std::unique_ptr<const CandidateTable> BuildTable(
      absl::Span<const Endpoint> endpoints) const override {
    return std::make_unique<Table>(static_cast<uint32_t>(endpoints.size()));
  }

 private:
  class Table final : public CandidateTable {
   public:
    explicit Table(uint32_t size) : size_(size) {}
    uint32_t Candidate(uint64_t /*seed*/, uint32_t k) const override { return k % size_; }
    uint32_t candidate_limit() const override { return size_; }

   private:
    const uint32_t size_;
  };
};

// Keeps the events, formatted without time and target. Confined to one thread.
class EventRecorder final : public Observer {
 public:
  void OnEvent(const Event& event) override {
    events.push_back(event);
    std::string line(EventKindName(event.kind));
    if (event.kind == Event::Kind::kStateChanged) {
      line = absl::StrCat(HealthStateName(event.from), "->", HealthStateName(event.to));
    }
    lines.push_back(event.address.empty() ? line : absl::StrCat(event.address, " ", line));
  }

  std::vector<Event> events;
  std::vector<std::string> lines;
};

// Probes that end when and as the test says. Confined to one thread.
class ManualProber final : public Prober {
 public:
  struct Started {
    std::string address;
    Callback done;
    bool is_cancelled = false;
  };

  struct Watch {
    std::string address;
    WatchCallbacks callbacks;
    bool is_cancelled = false;
  };

  const char* kind() const override { return "manual"; }
  std::unique_ptr<Probe> Start(const std::string& address, absl::Duration /*timeout*/,
                               Callback done) override {
    auto started = std::make_shared<Started>();
    started->address = address;
    started->done = std::move(done);
    probes.push_back(started);
    return std::make_unique<ManualProbe>(started);
  }

  std::unique_ptr<Probe> Listen(const std::string& address, WatchCallbacks callbacks) override {
    if (!can_listen) return nullptr;
    auto watch = std::make_shared<Watch>();
    watch->address = address;
    watch->callbacks = std::move(callbacks);
    watches.push_back(watch);
    return std::make_unique<ManualWatch>(watch);
  }

  void Forget(const std::string& address) override { forgotten.push_back(address); }

  // Ends the latest probe.
  void Finish(const absl::Status& status) { probes.back()->done(status); }

  bool can_listen = false;
  std::vector<std::shared_ptr<Started>> probes;
  std::vector<std::shared_ptr<Watch>> watches;
  std::vector<std::string> forgotten;

 private:
  class ManualProbe final : public Probe {
   public:
    explicit ManualProbe(std::shared_ptr<Started> started) : started_(std::move(started)) {}
    ~ManualProbe() override { started_->is_cancelled = true; }

   private:
    const std::shared_ptr<Started> started_;
  };

  class ManualWatch final : public Probe {
   public:
    explicit ManualWatch(std::shared_ptr<Watch> watch) : watch_(std::move(watch)) {}
    ~ManualWatch() override { watch_->is_cancelled = true; }

   private:
    const std::shared_ptr<Watch> watch_;
  };
};

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <array>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "balancing/published.h"
#include "nines/balancer.h"
#include "nines/hash_policy.h"
#include "nines/uv_event_loop.h"
#include "support/fakes.h"

namespace nines {
namespace {

// Many threads read while one replaces: every read sees a whole value, and none is freed too early.
// For ThreadSanitizer and AddressSanitizer.
TEST(PublishedStressTest, ReadersSeeWholeValues) {
  struct Pair {
    explicit Pair(uint64_t value) : first(value), second(~value) {}
    ~Pair() { first = second = 0; }
    uint64_t first;
    uint64_t second;
  };
  Published<Pair> published(std::make_unique<const Pair>(0));
  std::atomic<bool> is_done{false};
  std::atomic<uint64_t> torn{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      while (!is_done.load()) {
        const ReadSection section;
        const Pair& pair = published.Get(section);
        if (pair.first != ~pair.second) torn.fetch_add(1);
      }
    });
  }

  for (uint64_t value = 1; value <= 20'000; ++value) {
    published.Publish(std::make_unique<const Pair>(value));
  }
  is_done = true;
  for (std::thread& reader : readers) reader.join();
  published.Reclaim();

  EXPECT_EQ(torn.load(), 0u);
  EXPECT_EQ(published.retired_count(), 0u);
}

// Every third is a backup.
EndpointList FirstEndpoints(size_t count) {
  std::vector<std::string> addresses;
  for (size_t i = 0; i < count; ++i) addresses.push_back(absl::StrCat("10.0.0.", i, ":80"));
  EndpointList endpoints = EndpointsNamed(addresses);
  for (size_t i = 0; i < count; i += 3) endpoints[i].tier = 1;
  return endpoints;
}

// Everything that a pick may have to look at, with and without bounded load.
BalancerConfig ConfigOfTurn(size_t turn) {
  BalancerConfig config;
  HashConfig hash;
  if (turn % 2 == 0) hash.bounded_load = 1.25;
  config.algorithm = hash;
  config.outlier_detection.interval = absl::Milliseconds(1);
  config.outlier_detection.base_ejection_time = absl::Milliseconds(1);
  config.slow_start.emplace();
  config.slow_start->window = absl::Milliseconds(5);
  config.max_in_flight_per_endpoint = 3;
  return config;
}

class CountingObserver final : public Observer {
 public:
  void OnEvent(const Event& /*event*/) override { events.fetch_add(1, std::memory_order_relaxed); }
  std::atomic<uint64_t> events{0};
};

// Picks, reports of every kind, dropped leases, updates, connectivity, config changes and readings,
// all at once. Afterwards nothing is in flight.
TEST(BalancerStressTest, SurvivesEverythingAtOnce) {
  constexpr int kPickers = 4;
  constexpr int kCallsPerPicker = 20'000;
  const auto loop = *CreateUvEventLoop();
  FixedRandom random(3);
  const auto observer = std::make_shared<CountingObserver>();
  Balancer::Options options;
  options.policy = MakeHashPolicy({});
  options.loop = loop;
  options.random = &random;
  options.observer = observer;
  options.config = ConfigOfTurn(0);
  const auto balancer = Balancer::Create(std::move(options));
  balancer->Update(FirstEndpoints(10));

  std::atomic<int> pickers_left{kPickers};
  std::vector<std::thread> threads;
  for (int i = 0; i < kPickers; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < kCallsPerPicker; ++n) {
        const std::string key = absl::StrCat(i, "-", n);
        Call call;
        call.hash_key = key;
        CallMemory memory;
        for (int attempt = 0; attempt < 3; ++attempt) {
          PickResult result = balancer->Pick(call, memory);
          auto* picked = std::get_if<Picked>(&result);
          if (picked == nullptr) break;
          if (n % 7 == 0) continue;  // dropped
          const bool fails = n % 100 < 60 && picked->lease.endpoint().address < "10.0.0.4";
          picked->lease.Report(
              MakeOutcome(fails ? absl::UnavailableError("down") : absl::OkStatus()));
          if (!fails) break;
        }
      }
      pickers_left.fetch_sub(1);
    });
  }
  // Two at once, whose sets have different tiers: the last drafted table wins, the others are
  // whole.
  threads.emplace_back([&] {
    for (size_t n = 0; pickers_left.load() > 0; ++n) balancer->Update(FirstEndpoints(n % 4));
  });
  threads.emplace_back([&] {
    for (size_t n = 0; pickers_left.load() > 0; ++n) {
      balancer->Update(FirstEndpoints(5 + n % 8));
      balancer->SetConnectivity("10.0.0.7:80",
                                n % 2 == 0 ? Connectivity::kFailed : Connectivity::kConnected,
                                absl::UnavailableError("flap"));
      if (n % 10 == 0) {
        balancer->Reconfigure(ConfigOfTurn(n / 10), MakeHashPolicy({}), nullptr);
      }
      (void)balancer->Endpoints();
      (void)balancer->Explain({});
      (void)balancer->counters();
    }
  });
  for (std::thread& thread : threads) thread.join();

  for (const EndpointStatus& status : balancer->Endpoints()) {
    EXPECT_EQ(status.in_flight, 0u) << status.endpoint.address;
  }
  EXPECT_GT(observer->events.load(), 0u);
  balancer->Shutdown();
}

// With and without a limit, so that leases are counted by turns in words and in the threads' cells.
BalancerConfig CountingConfigOfTurn(size_t turn) {
  BalancerConfig config;
  config.algorithm = HashConfig();
  config.max_in_flight_per_endpoint = turn % 2 == 0 ? 0 : 1000;
  return config;
}

// Where threads leave leases for each other, and take them from.
class LeaseExchange {
 public:
  // Ends whatever lay where `lease` comes to lie, most often another thread's.
  void Swap(size_t place, Lease lease) {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::optional<Lease>& left = leases_[place % leases_.size()];
    if (left.has_value()) {
      left->Report(MakeOutcome(absl::OkStatus()));
      left.reset();
    }
    left.emplace(std::move(lease));
  }
  void Clear() {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (std::optional<Lease>& lease : leases_) lease.reset();
  }

 private:
  std::mutex mutex_;
  std::array<std::optional<Lease>, 64> leases_;
};

// What gRPC does with an attempt that it gives up: the attempt's end is reported while the next one
// is picked for. For ThreadSanitizer, which sees it if both touch the same of the call's memory.
TEST(BalancerStressTest, AnAttemptMayEndWhileTheNextIsPickedFor) {
  constexpr size_t kAttempts = CallMemory::kFailureCapacity;
  const auto loop = *CreateUvEventLoop();
  Balancer::Options options;
  options.policy = MakeHashPolicy({});
  options.loop = loop;
  options.config.outlier_detection.consecutive_failures = 0;
  options.config.outlier_detection.stall.factor = 0;
  const auto balancer = Balancer::Create(std::move(options));
  balancer->Update(EndpointsNamed({"a", "b", "c", "d", "e", "f"}));
  const Outcome timed_out = MakeOutcome(absl::DeadlineExceededError("given up"));

  for (int call = 0; call < 200; ++call) {
    CallMemory memory;
    PickResult latest = balancer->Pick(Call{}, memory);
    for (size_t i = 0; i < kAttempts; ++i) {
      PickResult given_up = std::move(latest);
      std::thread picker([&] { latest = balancer->Pick(Call{}, memory); });
      std::get<Picked>(given_up).lease.Report(timed_out, memory);
      picker.join();
    }

    EXPECT_EQ(memory.attempts(), kAttempts + 1);
    EXPECT_FALSE(memory.IsRepeat());
    EXPECT_EQ(memory.failures().size(), kAttempts);
  }
  balancer->Shutdown();
}

// Leases end on other threads than they began, in other modes of counting, after their endpoints
// and after the balancer; more threads pick than have cells of their own. The last lease frees all.
TEST(LeaseCountStressTest, LosesNoLeaseAndNoEndpoint) {
  constexpr int kPickers = 6;
  constexpr int kCallsPerPicker = 20'000;
  LeaseExchange exchange;
  std::weak_ptr<const Policy> policy_of_balancer;
  {
    const auto loop = *CreateUvEventLoop();
    FixedRandom random(5);
    Balancer::Options options;
    options.policy = MakeHashPolicy({});
    options.loop = loop;
    options.random = &random;
    options.config = CountingConfigOfTurn(0);
    const auto balancer = Balancer::Create(std::move(options));
    balancer->Update(FirstEndpoints(10));
    std::atomic<int> pickers_left{kPickers};
    std::vector<std::thread> threads;
    for (int i = 0; i < kPickers; ++i) {
      threads.emplace_back([&, i] {
        for (int n = 0; n < kCallsPerPicker; ++n) {
          const std::string key = absl::StrCat(i, "-", n);
          Call call;
          call.hash_key = key;
          CallMemory memory;
          PickResult result = balancer->Pick(call, memory);
          auto* picked = std::get_if<Picked>(&result);
          if (picked != nullptr && n % 3 == 0) exchange.Swap(n, std::move(picked->lease));
        }
        pickers_left.fetch_sub(1);
      });
    }
    for (size_t n = 0; pickers_left.load() > 0; ++n) {
      balancer->Update(FirstEndpoints(5 + n % 8));
      if (n % 3 == 0) {
        std::shared_ptr<const Policy> policy = MakeHashPolicy({});
        policy_of_balancer = policy;
        balancer->Reconfigure(CountingConfigOfTurn(n / 3), std::move(policy), nullptr);
      }
    }
    for (std::thread& thread : threads) thread.join();
    balancer->Shutdown();
  }

  EXPECT_FALSE(policy_of_balancer.expired());  // the leases left keep their endpoints' balancer
  exchange.Clear();
  EXPECT_TRUE(policy_of_balancer.expired());
}

}  // namespace
}  // namespace nines

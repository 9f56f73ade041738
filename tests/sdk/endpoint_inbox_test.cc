// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nines/resolver.h"
#include "support/fakes.h"
#include "support/manual_event_loop.h"

namespace nines {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EndpointInboxTest : public ::testing::Test {
 protected:
  // Keeps the first address of each list in `seen`.
  std::unique_ptr<EventLoop::Handle> Watch(std::vector<std::string>& seen) {
    return inbox_->Watch([&seen](const EndpointList& endpoints) {
      seen.push_back(endpoints.empty() ? "nobody" : endpoints[0].address);
    });
  }
  void Put(const std::vector<std::string>& addresses) { inbox_->Put(EndpointsNamed(addresses)); }

  ManualEventLoop loop_;
  const std::shared_ptr<EndpointInbox> inbox_ = MakeEndpointInbox(loop_);
  std::vector<std::string> seen_;
};

TEST_F(EndpointInboxTest, GivesEachListOnceAndLater) {
  const auto watch = Watch(seen_);
  loop_.RunPosted();
  EXPECT_THAT(seen_, IsEmpty()) << "nothing was put";

  Put({"a"});
  EXPECT_THAT(seen_, IsEmpty()) << "from within Put()";
  loop_.RunPosted();
  Put({});
  loop_.RunPosted();
  loop_.RunPosted();

  EXPECT_THAT(seen_, ElementsAre("a", "nobody"));
}

TEST_F(EndpointInboxTest, KeepsTheLatestForWhoeverComes) {
  Put({"a"});
  Put({"b"});
  loop_.RunPosted();

  const auto watch = Watch(seen_);
  EXPECT_THAT(seen_, IsEmpty()) << "from within Watch()";
  loop_.RunPosted();

  EXPECT_THAT(seen_, ElementsAre("b"));
}

TEST_F(EndpointInboxTest, AnotherWatchGetsTheLatestAgain) {
  auto watch = Watch(seen_);
  Put({"a"});
  loop_.RunPosted();
  watch.reset();
  std::vector<std::string> second;

  watch = Watch(second);
  loop_.RunPosted();

  EXPECT_THAT(seen_, ElementsAre("a"));
  EXPECT_THAT(second, ElementsAre("a"));
}

TEST_F(EndpointInboxTest, ListsInQuickSuccessionAreTheLast) {
  const auto watch = Watch(seen_);

  for (int i = 0; i < 1000; ++i) Put({"x" + std::to_string(i)});
  loop_.RunPosted();

  EXPECT_THAT(seen_, ElementsAre("x999"));
}

TEST_F(EndpointInboxTest, IsSilentWithoutItsHandle) {
  auto watch = Watch(seen_);
  Put({"a"});

  watch.reset();
  loop_.RunPosted();

  EXPECT_THAT(seen_, IsEmpty());
}

TEST_F(EndpointInboxTest, TakesListsFromManyThreads) {
  const auto watch = Watch(seen_);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      for (int n = 0; n < 100; ++n) Put({"a"});
    });
  }
  for (std::thread& thread : threads) thread.join();
  Put({"last"});

  loop_.RunPosted();

  EXPECT_EQ(seen_.back(), "last");
}

}  // namespace
}  // namespace nines

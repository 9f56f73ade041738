// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "fixed_resolver.h"

#include <utility>

#include "absl/time/time.h"
#include "nines/event_loop.h"

namespace nines {
namespace {

class FixedResolver final : public Resolver {
 public:
  FixedResolver(EndpointList endpoints, const ResolverContext& context)
      : endpoints_(std::move(endpoints)), context_(context) {}

  void Start() override {
    timer_ = context_.loop->RunAfter(
        absl::ZeroDuration(), [this] { context_.listener->OnEndpoints(std::move(endpoints_)); });
  }

  void Refresh() override {}  // there is nothing newer

 private:
  EndpointList endpoints_;
  const ResolverContext context_;
  std::unique_ptr<EventLoop::Handle> timer_;
};

}  // namespace

std::unique_ptr<Resolver> MakeFixedResolver(EndpointList endpoints,
                                            const ResolverContext& context) {
  return std::make_unique<FixedResolver>(std::move(endpoints), context);
}

}  // namespace nines

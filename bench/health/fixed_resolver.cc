// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "fixed_resolver.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace nines::bench {
namespace {

class FixedResolver final : public Resolver {
 public:
  FixedResolver(const EndpointList& endpoints, const ResolverContext& context)
      : endpoints_(endpoints), context_(context) {}

  void Start() override {
    timer_ = context_.loop->RunAfter(absl::ZeroDuration(),
                                     [this] { context_.listener->OnEndpoints(endpoints_); });
  }
  void Refresh() override {}

 private:
  const EndpointList& endpoints_;
  const ResolverContext context_;
  std::unique_ptr<EventLoop::Handle> timer_;
};

class FixedResolverFactory final : public ResolverFactory {
 public:
  explicit FixedResolverFactory(EndpointList endpoints) : endpoints_(std::move(endpoints)) {}

  absl::Status CheckTarget(const Target& /*target*/) const override { return absl::OkStatus(); }
  std::string DefaultAuthority(const Target& target) const override { return target.path; }
  std::unique_ptr<Resolver> MakeResolver(const Target& /*target*/,
                                         const ResolverContext& context) const override {
    return std::make_unique<FixedResolver>(endpoints_, context);
  }

 private:
  const EndpointList endpoints_;
};

}  // namespace

std::shared_ptr<const ResolverFactory> MakeFixedResolverFactory(EndpointList endpoints) {
  return std::make_shared<FixedResolverFactory>(std::move(endpoints));
}

}  // namespace nines::bench

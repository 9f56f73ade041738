// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "nines/manual_resolver.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "endpoint_address.h"
#include "host_port.h"
#include "nines/endpoint_file.h"

namespace nines {
namespace {

absl::Status Refuse(const Target& target, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat(target.ToString(), ": ", why, "; write manual:///name"));
}

class ManualResolver final : public Resolver {
 public:
  explicit ManualResolver(const ResolverContext& context) : context_(context) {}

  void Start() override {
    if (context_.inbox == nullptr) return;
    watch_ = context_.inbox->Watch(
        [this](EndpointList endpoints) { context_.listener->OnEndpoints(std::move(endpoints)); });
  }

  void Refresh() override {}  // the program knows best when there is something newer

 private:
  const ResolverContext context_;
  std::unique_ptr<EventLoop::Handle> watch_;
};

class ManualResolverFactory final : public ResolverFactory {
 public:
  absl::Status CheckTarget(const Target& target) const override {
    if (!target.authority.empty()) return Refuse(target, "the name is preceded by an authority");
    if (target.path.empty()) return absl::OkStatus();
    const absl::StatusOr<HostPort> name = ParseHostPort(target.path);
    return name.ok() ? absl::OkStatus() : Refuse(target, name.status().message());
  }

  std::string DefaultAuthority(const Target& target) const override {
    return target.path.empty() ? "localhost" : FormatHostPort(*ParseHostPort(target.path));
  }

  absl::StatusOr<EndpointList> AcceptEndpoints(const Target& /*target*/,
                                               EndpointList endpoints) const override {
    return CheckEndpointList(std::move(endpoints), ParseEndpointAddress);
  }

  std::unique_ptr<Resolver> MakeResolver(const Target& /*target*/,
                                         const ResolverContext& context) const override {
    return std::make_unique<ManualResolver>(context);
  }
};

}  // namespace

std::shared_ptr<const ResolverFactory> MakeManualResolverFactory() {
  return std::make_shared<ManualResolverFactory>();
}

}  // namespace nines

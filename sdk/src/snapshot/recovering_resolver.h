// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "nines/resolver.h"

namespace nines {

// Begins with endpoints from before, and goes on as the resolver that it wraps: so whatever takes
// the endpoints of a resolver takes restored ones too, through the same door.
//
// Confined to the loop's thread.
class RecoveringResolver final : public Resolver, private Resolver::Listener {
 public:
  // What the wrapped resolver says, on its way to the listener.
  struct Hooks {
    absl::AnyInvocable<void(const EndpointList&)> on_endpoints;
    absl::AnyInvocable<void()> on_error;
  };

  // `restored` may have no endpoints: there is nothing to begin with.
  RecoveringResolver(RestoredEndpoints restored, Hooks hooks, const ResolverContext& context)
      : context_(context), restored_(std::move(restored)), hooks_(std::move(hooks)) {}

  // Before Start(). `factory` makes the wrapped resolver.
  void Wrap(const ResolverFactory& factory, const Target& target);

  void Start() override;
  void Refresh() override { inner_->Refresh(); }

 private:
  void OnEndpoints(EndpointList endpoints) override;
  void OnResolveError(const absl::Status& status) override;
  void OnServiceConfig(std::string json) override {
    context_.listener->OnServiceConfig(std::move(json));
  }
  // Once, unless the wrapped resolver had endpoints before.
  void GiveRestored();

  const ResolverContext context_;
  RestoredEndpoints restored_;  // without endpoints once given, or not needed any more
  Hooks hooks_;
  std::unique_ptr<EventLoop::Handle> first_;
  std::unique_ptr<Resolver> inner_;
};

}  // namespace nines

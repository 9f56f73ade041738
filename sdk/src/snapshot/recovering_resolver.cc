// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "snapshot/recovering_resolver.h"

namespace nines {

void RecoveringResolver::Wrap(const ResolverFactory& factory, const Target& target) {
  ResolverContext context = context_;
  context.listener = this;
  inner_ = factory.MakeResolver(target, context);
  if (!restored_.endpoints.empty()) inner_->Restore(restored_);
}

void RecoveringResolver::Start() {
  // Not from within Start(), as Resolver says.
  first_ = context_.loop->RunAfter(absl::ZeroDuration(), [this] { GiveRestored(); });
  inner_->Start();
}

void RecoveringResolver::GiveRestored() {
  if (restored_.endpoints.empty()) return;
  context_.listener->OnEndpoints(std::exchange(restored_.endpoints, {}));
}

void RecoveringResolver::OnEndpoints(EndpointList endpoints) {
  restored_.endpoints.clear();
  hooks_.on_endpoints(endpoints);
  context_.listener->OnEndpoints(std::move(endpoints));
}

void RecoveringResolver::OnResolveError(const absl::Status& status) {
  GiveRestored();  // first: an error is a warning beside what is known, and fails calls before it
  hooks_.on_error();
  context_.listener->OnResolveError(status);
}

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "snapshot/recovering_resolver.h"

namespace nines {

void RecoveringResolver::Start() {
  // Not from within Start(), as Resolver says.
  first_ = context_.loop->RunAfter(absl::ZeroDuration(), [this] { GiveRestored(); });
  inner_->Start();
}

void RecoveringResolver::GiveRestored() {
  if (restored_.empty()) return;
  context_.listener->OnEndpoints(std::exchange(restored_, {}));
}

void RecoveringResolver::OnEndpoints(EndpointList endpoints) {
  restored_.clear();
  hooks_.on_endpoints(endpoints);
  context_.listener->OnEndpoints(std::move(endpoints));
}

void RecoveringResolver::OnResolveError(const absl::Status& status) {
  GiveRestored();  // first: an error is a warning beside what is known, and fails calls before it
  hooks_.on_error();
  context_.listener->OnResolveError(status);
}

}  // namespace nines

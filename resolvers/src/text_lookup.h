// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "lookup_query.h"
#include "txt_reply.h"

namespace nines {

/// Looks up the TXT records of one name. Confined to the event loop's thread.
class TextLookup {
 public:
  /// NotFound: DNS says that there are none. Any other error: it could not say.
  using Callback = absl::AnyInvocable<void(absl::StatusOr<TxtReply>)>;

  virtual ~TextLookup() = default;

  /// As EndpointLookup::Start().
  [[nodiscard]] virtual std::unique_ptr<LookupQuery> Start(Callback done) = 0;
};

}  // namespace nines

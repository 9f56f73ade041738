// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

namespace nines {

/// A lookup under way. Destroying it cancels it: its callback does not run. Confined to the event
/// loop's thread.
class LookupQuery {
 public:
  virtual ~LookupQuery() = default;
};

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "address_lookup.h"
#include "nines/event_loop.h"
#include "support/gate.h"

namespace nines {

inline std::vector<std::string> Texts(const FamilyAnswer& answer) {
  std::vector<std::string> texts;
  for (const IpAddress& address : answer.addresses) texts.push_back(FormatIpAddress(address));
  return texts;
}

// One lookup on the loop, waited for.
inline LookupAnswer LookUp(EventLoop& loop, AddressLookup& lookup) {
  std::unique_ptr<LookupQuery> query;
  std::optional<LookupAnswer> result;
  Gate done;
  RunOnLoopAndWait(loop, [&] {
    query = lookup.Start([&](LookupAnswer answer) {
      result = std::move(answer);
      query.reset();  // as the contract allows
      done.Open();
    });
    EXPECT_FALSE(result.has_value()) << "called from within Start()";
  });
  EXPECT_TRUE(done.Wait());
  return result.value_or(LookupAnswer());
}

}  // namespace nines

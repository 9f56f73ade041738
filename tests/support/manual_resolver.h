// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "nines/resolver.h"

namespace nines {

// Scheme whose endpoints are what the test says. The factory outlives its resolvers and speaks to
// the latest; from the loop's thread only.
class ManualResolverFactory final : public ResolverFactory {
 public:
  absl::Status CheckTarget(const Target& target) const override {
    if (target.path != "service") {
      return absl::InvalidArgumentError(target.ToString() + ": allowed is only 'service'");
    }
    return absl::OkStatus();
  }
  std::string DefaultAuthority(const Target& target) const override { return target.path; }
  std::unique_ptr<Resolver> MakeResolver(const Target& /*target*/,
                                         const ResolverContext& context) const override {
    listener = context.listener;
    return std::make_unique<ManualResolver>(*this);
  }

  mutable Resolver::Listener* listener = nullptr;  // null while there is no resolver
  mutable int refreshes = 0;
  mutable RestoredEndpoints restored;  // of the latest resolver that had some

 private:
  class ManualResolver final : public Resolver {
   public:
    explicit ManualResolver(const ManualResolverFactory& factory) : factory_(factory) {}
    ~ManualResolver() override { factory_.listener = nullptr; }
    void Restore(const RestoredEndpoints& known) override { factory_.restored = known; }
    void Start() override {}
    void Refresh() override { ++factory_.refreshes; }

   private:
    const ManualResolverFactory& factory_;
  };
};

}  // namespace nines

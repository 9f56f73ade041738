// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "nines/resolver.h"
#include "support/fakes.h"

namespace nines {

// In the place of scheme "dns": each host is what the test says. The factory outlives its
// resolvers; from the loop's thread only.
class HostResolvers final : public ResolverFactory {
 public:
  absl::Status CheckTarget(const Target& /*target*/) const override { return absl::OkStatus(); }
  std::string DefaultAuthority(const Target& target) const override { return target.path; }
  std::unique_ptr<Resolver> MakeResolver(const Target& target,
                                         const ResolverContext& context) const override {
    return std::make_unique<HostResolver>(*this, target.path, context.listener);
  }

  // REQUIRES: the host is followed.
  void Answer(const std::string& host_port, const std::vector<std::string>& addresses) const {
    listeners.at(host_port)->OnEndpoints(EndpointsNamed(addresses));
  }
  void Fail(const std::string& host_port) const {
    listeners.at(host_port)->OnResolveError(absl::UnavailableError(host_port + " is unknown"));
  }

  // "greeter:80", …
  std::vector<std::string> followed() const {
    std::vector<std::string> hosts;
    for (const auto& [host, listener] : listeners) hosts.push_back(host);
    return hosts;
  }

  mutable std::map<std::string, Resolver::Listener*> listeners;  // of resolvers that were started
  mutable int starts = 0;
  mutable int refreshes = 0;

 private:
  class HostResolver final : public Resolver {
   public:
    HostResolver(const HostResolvers& hosts, std::string host, Listener* listener)
        : hosts_(hosts), host_(std::move(host)), listener_(listener) {}
    ~HostResolver() override { hosts_.listeners.erase(host_); }
    void Start() override {
      ++hosts_.starts;
      hosts_.listeners[host_] = listener_;
    }
    void Refresh() override { ++hosts_.refreshes; }

   private:
    const HostResolvers& hosts_;
    const std::string host_;
    Listener* const listener_;
  };
};

}  // namespace nines

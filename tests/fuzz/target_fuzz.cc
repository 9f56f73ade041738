// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Targets come from configurations and command lines: any bytes.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nines/dns_resolver.h"
#include "nines/file_resolver.h"
#include "nines/manual_resolver.h"
#include "nines/resolver.h"
#include "nines/srv_resolver.h"
#include "nines/static_resolver.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

/// What a target is made of survives the way through its string.
void CheckRoundTrip(const nines::Target& target) {
  const absl::StatusOr<nines::Target> again = nines::ParseTarget(target.ToString());
  // Escapes may make it longer than a target may be.
  if (!again.ok()) return Require(target.ToString().size() > 4096);
  Require(again->scheme == target.scheme);
  Require(again->authority == target.authority);
  Require(again->path == target.path);
}

/// A refusal says why; a target that is accepted has an authority.
void CheckFactory(const nines::ResolverFactory& factory, const nines::Target& target) {
  const absl::Status status = factory.CheckTarget(target);
  Require(status.ok() ? !factory.DefaultAuthority(target).empty() : !status.message().empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::StatusOr<nines::Target> target =
      nines::ParseTarget(absl::string_view(reinterpret_cast<const char*>(data), size));
  if (!target.ok()) return 0;
  CheckRoundTrip(*target);
  CheckFactory(*nines::MakeDnsResolverFactory(), *target);
  CheckFactory(*nines::MakeFileResolverFactory(), *target);
  CheckFactory(*nines::MakeManualResolverFactory(), *target);
  CheckFactory(*nines::MakeSrvResolverFactory(), *target);
  CheckFactory(*nines::MakeStaticResolverFactory(), *target);
  return 0;
}

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// Of the two files that define ProbingRegistry(), the one of builds with gRPC.

#include <grpcpp/security/credentials.h>

#include "nines/grpc.h"
#include "ninesctl/probing_registry.h"

namespace nines::ctl {

const Registry& ProbingRegistry() {
  // Never destroyed, as BuiltinRegistry() is not.
  static const Registry& registry = *[] {
    auto* extended = new Registry(BuiltinRegistry());
    extended->SetProber("grpc", MakeGrpcProberFactory(grpc::InsecureChannelCredentials()));
    return extended;
  }();
  return registry;
}

}  // namespace nines::ctl

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include "nines/config.h"
#include "nines/health.h"

namespace nines {

// Probes an endpoint by grpc.health.v1.Health/Check: well is who answers SERVING. If the config
// says so, listens to it by Watch besides. Each endpoint has a connection of its own, with these
// credentials and arguments and the context's authority, which is kept as long as probes get an
// answer on it: after a failure the next probe connects anew, and so waits for no backoff and sees
// no connection that died unnoticed.
//
// A probe ends with: OK; Unavailable, naming the service, the address and what was answered;
// DeadlineExceeded; Unimplemented if the endpoint has no health service. That descriptors ran out
// gRPC does not tell from other failures.
std::shared_ptr<Prober> MakeHealthProber(const GrpcProbeConfig& config,
                                         std::shared_ptr<grpc::ChannelCredentials> credentials,
                                         const grpc::ChannelArguments& arguments,
                                         const ProberContext& context);

}  // namespace nines

// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "nines/config.h"
#include "nines/health.h"

namespace nines {

/// Probes an endpoint by a GET, over http or https: well is who answers it with an expected status.
/// The connection is kept from probe to probe, for a minute at most: so once a minute, and always
/// after a probe that failed, it is also proved that the endpoint accepts connections and that its
/// certificate is good (docs/decisions/http-probes.md). Redirects are not followed, no proxy is
/// used, the body is dropped. Addresses are as in Endpoint.
///
/// A probe ends with: OK; Unavailable, naming the URL, the address and what is wrong (connection,
/// TLS, no HTTP, an unexpected status, more than 64 KiB of headers); DeadlineExceeded without a
/// whole answer in time; InvalidArgument for what is no address; ResourceExhausted if it is this
/// machine that lacks descriptors, ports or memory.
///
/// FailedPrecondition if config.ca_file cannot be read or libcurl cannot be set up;
/// InvalidArgument if config.host, or the context's authority in its place, gives no URL.
absl::StatusOr<std::shared_ptr<Prober>> CreateHttpProber(const HttpProbeConfig& config,
                                                         const ProberContext& context);

}  // namespace nines

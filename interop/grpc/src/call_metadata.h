// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

namespace nines {

// Metadata by which a call's hash-key material travels from the ClientContext to the pick. Channels
// of CreateChannel() take it out before the call is sent. Names end in -bin: any bytes are allowed.
inline constexpr char kHashKeyMetadata[] = "nines-hash-key-bin";
inline constexpr char kClientIpMetadata[] = "nines-client-ip-bin";
inline constexpr char kContentHashMetadata[] = "nines-content-hash-bin";
// Likewise, the id of the call's SharedCall.
inline constexpr char kSharedCallMetadata[] = "nines-shared-call-bin";

// gRPC's own: how many attempts of the call preceded this one (gRFC A6).
inline constexpr char kPreviousAttemptsMetadata[] = "grpc-previous-rpc-attempts";
// gRPC's own: wait this long, in milliseconds, before the next attempt (gRFC A6).
inline constexpr char kPushbackMetadata[] = "grpc-retry-pushback-ms";

}  // namespace nines

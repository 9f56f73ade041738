// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <vector>

#include <grpcpp/support/client_interceptor.h>

namespace nines {

// Interceptors that hash the first message of each call, for {"hash": {"keys": [{"requestContent":
// {}}]}}: the pick comes before the message is sent, so the hash must travel with the metadata.
// Only for channels that route by content: serialising in an interceptor has its price.
std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>
MakeContentHashInterceptors();

}  // namespace nines

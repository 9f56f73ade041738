// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "content_hash_interceptor.h"

#include <cstring>
#include <string>

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#define XXH_INLINE_ALL  // NOLINT(readability-identifier-naming): xxhash asks for it by this name
#include <xxhash.h>

#include "call_metadata.h"

namespace nines {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::InterceptorBatchMethods;

// XXH3-64 of the serialised message, as eight bytes.
std::string HashOf(const grpc::ByteBuffer& message) {
  std::vector<grpc::Slice> slices;
  if (!message.Dump(&slices).ok()) return std::string();
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  for (const grpc::Slice& slice : slices) XXH3_64bits_update(&state, slice.begin(), slice.size());
  XXH64_canonical_t canonical;
  XXH64_canonicalFromHash(&canonical, XXH3_64bits_digest(&state));
  return std::string(reinterpret_cast<const char*>(canonical.digest), sizeof(canonical.digest));
}

class ContentHashInterceptor final : public grpc::experimental::Interceptor {
 public:
  void Intercept(InterceptorBatchMethods* methods) override {
    // Both in one batch: unary calls and those that stream only from the server. A call that
    // streams to the server picks before its first message exists, and so is routed by its other
    // keys.
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA) &&
        methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_MESSAGE)) {
      if (const grpc::ByteBuffer* message = methods->GetSerializedSendMessage()) {
        methods->GetSendInitialMetadata()->insert({kContentHashMetadata, HashOf(*message)});
      }
    }
    methods->Proceed();
  }
};

class ContentHashInterceptorFactory final
    : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo* /*info*/) override {
    return new ContentHashInterceptor();  // gRPC owns it
  }
};

}  // namespace

std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>
MakeContentHashInterceptors() {
  std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> factories;
  factories.push_back(std::make_unique<ContentHashInterceptorFactory>());
  return factories;
}

}  // namespace nines

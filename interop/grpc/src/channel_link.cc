// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "channel_link.h"

#include <functional>

namespace nines {
namespace {

using Holder = std::shared_ptr<ChannelLink>;

void* Copy(void* holder) { return new Holder(*static_cast<Holder*>(holder)); }
void Destroy(void* holder) { delete static_cast<Holder*>(holder); }
int Compare(void* a, void* b) {
  const ChannelLink* left = static_cast<Holder*>(a)->get();
  const ChannelLink* right = static_cast<Holder*>(b)->get();
  if (left == right) return 0;
  return std::less<>()(left, right) ? -1 : 1;
}

}  // namespace

const grpc_arg_pointer_vtable* ChannelLinkVtable() {
  static constexpr grpc_arg_pointer_vtable kVtable = {Copy, Destroy, Compare};
  return &kVtable;
}

}  // namespace nines

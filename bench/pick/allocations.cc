// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

#include "allocations.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace nines::bench {
namespace {

std::atomic<uint64_t> allocation_count{0};
std::atomic<size_t> live_byte_count{0};

void* Allocate(size_t size, size_t alignment) noexcept {
  // aligned_alloc wants a multiple of the alignment.
  const size_t rounded = (size + alignment - 1) / alignment * alignment;
  void* block = alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__
                    ? std::malloc(size)
                    : std::aligned_alloc(alignment, rounded);
  if (block == nullptr) return nullptr;
  allocation_count.fetch_add(1, std::memory_order_relaxed);
  live_byte_count.fetch_add(malloc_usable_size(block), std::memory_order_relaxed);
  return block;
}

// A benchmark without memory has nothing to say.
void* AllocateOrDie(size_t size, size_t alignment) {
  void* block = Allocate(size, alignment);
  if (block == nullptr) std::abort();
  return block;
}

void Free(void* block) noexcept {
  if (block == nullptr) return;
  live_byte_count.fetch_sub(malloc_usable_size(block), std::memory_order_relaxed);
  std::free(block);
}

constexpr size_t kDefaultAlignment = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

}  // namespace

Allocations Allocations::Now() {
  return {allocation_count.load(std::memory_order_relaxed),
          live_byte_count.load(std::memory_order_relaxed)};
}

}  // namespace nines::bench

// The array and nothrow forms that are not replaced here call these.
using nines::bench::AllocateOrDie;
using nines::bench::Free;

void* operator new(size_t size) { return AllocateOrDie(size, nines::bench::kDefaultAlignment); }
void* operator new(size_t size, std::align_val_t alignment) {
  return AllocateOrDie(size, static_cast<size_t>(alignment));
}
void operator delete(void* block) noexcept { Free(block); }
void operator delete(void* block, size_t /*size*/) noexcept { Free(block); }
void operator delete(void* block, std::align_val_t /*alignment*/) noexcept { Free(block); }
void operator delete(void* block, size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
  Free(block);
}

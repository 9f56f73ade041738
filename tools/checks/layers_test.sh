#!/usr/bin/env bash
# SPDX-FileCopyrightText: The nines authors
# SPDX-License-Identifier: Apache-2.0
#
# Shows that layers.sh finds what it is for: each forbidden include is planted in a small tree.

set -euo pipefail
layers=$(cd "$(dirname "$0")" && pwd)/layers.sh
readonly layers
tree=$(mktemp -d)
readonly tree
trap 'rm -rf "$tree"' EXIT

put() {
  mkdir -p "$tree/$(dirname "$1")"
  printf '%s\n' "${@:2}" >"$tree/$1"
}

fail() {
  echo "layers_test: $*" >&2
  exit 1
}

# expect_refused FILE INCLUDE WHY: that include in that file is refused, with that reason.
expect_refused() {
  local before="" output
  if [[ -f $tree/$1 ]]; then before=$(<"$tree/$1"); fi
  put "$1" "#include $2"
  if output=$("$layers" "$tree" 2>&1); then fail "$2 in $1 was accepted"; fi
  [[ $output == *"$1:1: includes "*"$3"* ]] || fail "$2 in $1: expected '$3', got: $output"
  if [[ -n $before ]]; then put "$1" "$before"; else rm "$tree/$1"; fi
}

put sdk/include/nines/endpoint.h '#include <string>' '#include "absl/time/time.h"'
put sdk/src/endpoints/endpoint_table.h '#include "nines/endpoint.h"'
put sdk/src/config/json_reader.cc '#include <nlohmann/json.hpp>'
put sdk/internal/retry/retrier.h '#include "nines/endpoint.h"'
put sdk/src/retry/retrier.cc '#include "retry/retrier.h"'
put interop/grpc/src/hedged_call.cc '#include "retry/retrier.h"'
put policies/include/nines/hash_policy.h '#include "nines/endpoint.h"'
put sdk/src/key_hash.cc '#include <xxhash.h>'
put resolvers/include/nines/dns_resolver.h '#include "nines/endpoint.h"'
put resolvers/src/ares_lookup.cc '#include <ares.h>' '#include <netdb.h>'
put interop/event_loop/src/uv_event_loop.cc '#include <uv.h>' '#include "nines/endpoint.h"'
put interop/grpc/include/nines/grpc.h '#include <grpcpp/channel.h>' '#include "nines/endpoint.h"'
put interop/grpc/src/core_1_51/policy.cc '#include "src/core/lib/load_balancing/lb_policy.h"'
put client/src/builtin_registry.cc '#include "nines/hash_policy.h"' '#include "nines/dns_resolver.h"'
"$layers" "$tree" || fail "the tree without a violation was refused"

expect_refused sdk/src/walk.cc '"nines/hash_policy.h"' 'sdk may not know policies'
expect_refused sdk/src/walk.cc '"endpoints/no_such.h"' 'neither nines/ nor a private header'
expect_refused sdk/src/walk.cc '"../../policies/src/alias_table.h"' 'relative path'
expect_refused sdk/src/walk.cc '<nlohmann/json.hpp>' 'behind json_reader'
expect_refused sdk/src/walk.cc '<grpcpp/grpcpp.h>' 'only nines::grpc knows gRPC'
expect_refused sdk/src/health/health.cc '"client/balanced_client.h"' 'no other stage'
expect_refused sdk/include/nines/walk.h '<unistd.h>' 'a public header includes only'
expect_refused sdk/include/nines/walk.h '"endpoints/endpoint_table.h"' 'a public header includes only'
expect_refused sdk/include/nines/walk.h '"retry/retrier.h"' 'a public header includes only'
expect_refused sdk/internal/retry/plan.h '"endpoints/endpoint_table.h"' 'knows nothing private'
expect_refused resolvers/src/dns.cc '"retry/retrier.h"' 'neither nines/ nor'
expect_refused policies/src/random.cc '"nines/dns_resolver.h"' 'policies may not know resolvers'
expect_refused policies/src/random.cc '<sys/socket.h>' 'policies are pure'
expect_refused policies/src/random.cc '<xxhash.h>' 'one file of a library hashes'
expect_refused policies/src/random.cc '"endpoints/endpoint_table.h"' 'neither nines/ nor'
expect_refused resolvers/src/dns.cc '"nines/hash_policy.h"' 'resolvers may not know policies'
expect_refused resolvers/src/dns.cc '<ares.h>' 'behind ares_lookup'
expect_refused resolvers/src/dns.cc '<uv.h>' 'in the event loop'
expect_refused interop/probes/src/tcp.cc '"nines/grpc.h"' 'interop/probes may not know interop/grpc'
expect_refused interop/grpc/src/channel.cc '"src/core/lib/channel.h"' 'no stable API'
expect_refused interop/grpc/src/channel.cc '"nines/hash_policy.h"' 'interop/grpc may not know policies'
expect_refused interop/grpc/include/nines/grpc.h '<grpc/grpc.h>' 'a public header includes only'
expect_refused client/src/registry.cc '"nines/grpc.h"' 'client may not know interop/grpc'
expect_refused interop/zookeeper/src/zk.cc '"nines/endpoint.h"' 'no library has this folder'
echo "layers_test: ok"

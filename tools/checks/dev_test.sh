#!/usr/bin/env bash
# SPDX-FileCopyrightText: The nines authors
# SPDX-License-Identifier: Apache-2.0
#
# Shows what ./dev does with its arguments: of a copy, among programs that only write down how they
# were called.

set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
readonly root
tree=$(mktemp -d)
readonly tree
trap 'rm -rf "$tree"' EXIT

fail() {
  echo "dev_test: $*" >&2
  exit 1
}

mkdir -p "$tree/bin" "$tree/tools"
cp "$root/dev" "$tree/"
cp -r "$root/tools/dev" "$tree/tools/"
for program in cmake ctest; do
  printf '#!/bin/sh\necho "%s $*" >>"%s/calls"\n' "$program" "$tree" >"$tree/bin/$program"
done
printf '#!/bin/sh\necho installed\n' >"$tree/bin/dpkg-query"
chmod +x "$tree"/bin/*

# run ARG...: ./dev of the copy; what it called is in $calls, its status in $status.
run() {
  : >"$tree/calls"
  status=0
  PATH=$tree/bin:$PATH "$tree/dev" "$@" >"$tree/output" 2>&1 || status=$?
  calls=$(<"$tree/calls")
}

# expect_last_call CALL ARG...: the last program that is called is CALL.
expect_last_call() {
  local expected=$1
  shift
  run "$@"
  [[ $status == 0 ]] || fail "./dev $*: status $status: $(<"$tree/output")"
  [[ ${calls##*$'\n'} == "$expected" ]] || fail "./dev $*: expected '$expected', got: $calls"
}

# expect_refused MESSAGE ARG...: wrong use, and nothing is begun.
expect_refused() {
  local expected=$1
  shift
  run "$@"
  [[ $status == 2 ]] || fail "./dev $*: expected status 2, got $status"
  [[ -z $calls ]] || fail "./dev $*: called: $calls"
  [[ $(<"$tree/output") == *"$expected"* ]] || fail "./dev $*: said: $(<"$tree/output")"
}

expect_last_call "ctest --preset release" test
expect_last_call "ctest --preset release -R engine --verbose" test -R engine --verbose
expect_last_call "cmake --build --preset debug" build debug

expect_refused "build: 'tsan' is one argument too many; allowed: [PRESET]" build asan tsan
expect_refused "fuzz: 'b' is one argument too many; allowed: [NAME]" fuzz a b
expect_refused "check: '-R x' is not understood; allowed: [--skip-tests]" check -R x
expect_refused "check: '--skip-tests x' is not understood" check --skip-tests x
expect_refused "check: '--fast' is not understood" check --fast
expect_refused "usage: ./dev COMMAND" tests
expect_refused "usage: ./dev COMMAND"

echo "dev_test: ok"

#!/usr/bin/env bash
# SPDX-FileCopyrightText: The nines authors
# SPDX-License-Identifier: Apache-2.0
#
# Installs a built tree into temporary folders and builds and runs programs outside the tree against
# it: with CMake and with pkg-config, with gRPC and without any trace of it; and as a part of another
# project's source.
#
#   tests/install/run.sh BUILD_FOLDER

set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
readonly here
build=$(cd "$1" && pwd)
readonly build
work=$(mktemp -d)
readonly work
trap 'rm -rf "$work"' EXIT

say() { echo "install: $*"; }

fail() {
  echo "install: $*" >&2
  exit 1
}

# quietly COMMAND...: its output only if it fails.
quietly() {
  "$@" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    fail "failed: $*"
  }
}

# run NAME PROGRAM
run() {
  local answer
  answer=$("$2") || fail "$1: $2 failed"
  say "$1: $answer"
}

# configure CONSUMER NAME OPTION
configure() {
  cmake -S "$here/$1" -B "$work/$1-$2" -G Ninja -DCMAKE_BUILD_TYPE=Release "$3"
}

# build_and_run CONSUMER PREFIX NAME
build_and_run() {
  quietly configure "$1" "$3" -DCMAKE_PREFIX_PATH="$2"
  quietly cmake --build "$work/$1-$3"
  run "$3" "$work/$1-$3/consumer"
}

# expect_no_grpc PROGRAM LINK_COMMAND
expect_no_grpc() {
  if grep -iE 'grpc|protobuf' <<<"$2"; then fail "gRPC is on the link line of $1"; fi
  if readelf -d "$1" | grep -iE 'NEEDED.*(grpc|protobuf)'; then fail "$1 needs gRPC"; fi
}

# with_pkg_config CONSUMER PREFIX MODULE: sets link_flags.
with_pkg_config() {
  local pc_folder compile_flags program=$work/$1-pkg-config
  pc_folder=$(dirname "$(find "$2" -name nines.pc)")
  compile_flags=$(PKG_CONFIG_PATH=$pc_folder pkg-config --cflags "$3")
  link_flags=$(PKG_CONFIG_PATH=$pc_folder pkg-config --libs "$3")
  # shellcheck disable=SC2086  # flags are words
  quietly g++ -std=c++17 $compile_flags "$here/$1/main.cc" -o "$program" $link_flags
  # With BUILD_SHARED_LIBS, what a system-wide install would not need.
  LD_LIBRARY_PATH=$(dirname "$pc_folder") run pkg-config "$program"
}

check_client_alone() {
  quietly cmake --install "$build" --component client --prefix "$work/client"
  if find "$work/client" -iname '*grpc*' | grep .; then fail "component client installs gRPC parts"; fi
  build_and_run client_only "$work/client" find_package
  expect_no_grpc "$work/client_only-find_package/consumer" \
    "$(ninja -C "$work/client_only-find_package" -t commands consumer)"
  with_pkg_config client_only "$work/client" nines
  expect_no_grpc "$work/client_only-pkg-config" "$link_flags"
}

check_missing_component() {
  if configure with_grpc missing -DCMAKE_PREFIX_PATH="$work/client" >"$work/log" 2>&1; then
    fail "component grpc was found where it is not installed"
  fi
  grep -q "without component" "$work/log" || fail "unclear: $(cat "$work/log")"
  say "a missing component is named"
}

# check_ninesctl NAME PREFIX: the program answers a question and knows good from bad.
check_ninesctl() {
  local ninesctl=$2/bin/ninesctl version status=0
  version=$("$ninesctl" --version) || fail "$1: ninesctl --version failed"
  quietly "$ninesctl" check - <<<'{"loadBalancingConfig": [{"nines": {"hash": {}}}]}'
  "$ninesctl" check - <<<'{"loadBalancingConfig": 1}' >"$work/log" 2>&1 || status=$?
  ((status == 1)) || fail "$1: ninesctl check of a wrong config ended with $status, not 1"
  say "$1: $version"
}

check_with_grpc() {
  quietly cmake --install "$build" --prefix "$work/all"
  build_and_run with_grpc "$work/all" find_package
  with_pkg_config with_grpc "$work/all" nines-grpc
  check_ninesctl install "$work/all"
}

# The packages are unpacked rather than installed: nothing of the system changes.
check_packages() {
  quietly cpack --config "$build/CPackConfig.cmake" -G DEB -B "$work/packages"
  local package
  for package in "$work"/packages/*.deb; do
    say "$(dpkg-deb -f "$package" Package Version Depends | paste -sd' ')"
    dpkg-deb -x "$package" "$work/unpacked"
  done
  build_and_run with_grpc "$work/unpacked/usr" deb
  check_ninesctl deb "$work/unpacked/usr"
}

check_as_subdirectory() {
  quietly configure client_only subdirectory -DNINES_SOURCE="$here/../.."
  quietly cmake --build "$work/client_only-subdirectory"
  run add_subdirectory "$work/client_only-subdirectory/consumer"
}

check_client_alone
check_missing_component
check_with_grpc
check_packages
check_as_subdirectory

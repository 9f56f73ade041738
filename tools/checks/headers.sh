#!/usr/bin/env bash
# SPDX-FileCopyrightText: The nines authors
# SPDX-License-Identifier: Apache-2.0
#
# Each public header compiles alone, without warnings, with g++ and clang++, as C++17 and C++20.
#
#   tools/checks/headers.sh

set -euo pipefail
cd "$(dirname "$0")/../.."

readonly out=build/headers
rm -rf "$out"
mkdir -p "$out"

# ccache, where it is, makes the second run one of seconds; it needs object files for that.
launcher=$(command -v ccache || true)
includes=()
for folder in sdk policies resolvers client interop/*; do
  if [[ -d $folder/include ]]; then includes+=("-I$folder/include"); fi
done

# One line per compilation: compiler, standard, header.
compilations() {
  local header compiler standard
  find sdk policies resolvers client interop -path '*/include/nines/*.h' -printf '%f\n' | sort |
    while read -r header; do
      echo "#include \"nines/$header\"" >"$out/$header.cc"
      for compiler in g++ clang++; do
        for standard in c++17 c++20; do
          echo "$compiler $standard $header"
        done
      done
    done
}

export launcher out
export flags="-Wall -Wextra -Wpedantic -Wshadow -Werror ${includes[*]}"
# shellcheck disable=SC2016  # expanded by the inner shell
compilations | xargs -P "$(nproc)" -L 1 bash -c '
  $launcher "$0" -std="$1" $flags -c "$out/$2.cc" -o "$out/$2.$0.$1.o" || {
    echo "headers: nines/$2 does not compile alone with $0 -std=$1" >&2
    exit 255
  }'
echo "$(find "$out" -name '*.cc' | wc -l) headers"

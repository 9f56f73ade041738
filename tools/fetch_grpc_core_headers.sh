#!/usr/bin/env bash
# SPDX-FileCopyrightText: The nines authors
# SPDX-License-Identifier: Apache-2.0
#
# Prints the folder of gRPC's core headers that belong to the installed libgrpc-dev, and puts them
# there first if need be: from the distribution's own source package of exactly that version, with
# the distribution's patches applied.
#
#   tools/fetch_grpc_core_headers.sh [cache-folder]
#
# The cache is $NINES_CACHE_DIR, else build/cache in this tree; once a version is in it, no network
# is needed. Nothing of the system's apt changes and no root is needed: the source entries are
# derived from the system's own and live, with everything that apt downloads, in a temporary folder.
# Why from there: docs/decisions/grpc-core-headers.md.

set -euo pipefail

tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly tree
readonly cache=${1:-${NINES_CACHE_DIR:-$tree/build/cache}}

fail() {
  echo "fetch_grpc_core_headers: $*" >&2
  exit 1
}

# The system's deb entries as deb-src entries, in $1: one-line *.list and deb822 *.sources. What is
# switched off stays out, and so do installation media, which hold no sources.
derive_source_entries() {
  local out=$1 list_file parts_folder
  list_file=$(apt_path Dir::Etc::sourcelist/f)
  parts_folder=$(apt_path Dir::Etc::sourceparts/d)
  mkdir -p "$out"
  # Two system entries may become the same one ("deb" beside "deb-src"), hence the sort. No file
  # name needs quotes: apt itself passes over names with anything but letters, digits, "_", "-", ".".
  cat /dev/null $(existing "$list_file" "$parts_folder"/*.list) | one_line_entries | sort -u \
    >"$out/derived.list"
  local file
  for file in $(existing "$parts_folder"/*.sources); do
    deb822_entries <"$file" >"$out/$(basename "$file")"
  done
}

apt_path() {
  local value
  eval "$(apt-config shell value "$1")"
  echo "$value"
}

existing() {
  local file
  for file in "$@"; do
    if [[ -f $file ]]; then echo "$file"; fi
  done
}

one_line_entries() {
  sed -nE -e '/[[:space:]]cdrom:/d' -e 's/^[[:space:]]*deb(-src)?[[:space:]]+/deb-src /p'
}

deb822_entries() {
  awk '
    function flush() {
      if (stanza != "" && wanted) printf "%s\n", stanza
      stanza = ""; wanted = 1
    }
    BEGIN { wanted = 1 }
    /^[ \t]*$/ { flush(); next }
    tolower($0) ~ /^types:/ { $0 = "Types: deb-src" }
    tolower($0) ~ /^enabled:[ \t]*(no|false|without|off|disable|0)[ \t]*$/ { wanted = 0 }
    tolower($0) ~ /^uris:[ \t]*cdrom:/ { wanted = 0 }
    { stanza = stanza $0 "\n" }
    END { flush() }'
}

# apt with a state of its own in $work. Its keys, proxies and preferences are the system's, so that
# signatures are verified as for every package.
private_apt() {
  apt-get -qq -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/sources" \
    -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" \
    -o Acquire::Languages=none -o APT::Sandbox::User="$(id -un)" "$@"
}

# Downloads the package, which apt verifies, and unpacks it into $work/unpacked.
unpack_source() {
  local package=$1 version=$2
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/download"
  derive_source_entries "$work/sources"
  # A foreign repository without sources makes the update fail though the one that counts is read.
  private_apt update >"$work/log" 2>&1 || true
  (cd "$work/download" &&
    private_apt source --download-only --only-source "$package=$version") >>"$work/log" 2>&1 || {
    sed 's/^/  apt: /' "$work/log" >&2
    fail "cannot fetch source package $package $version, which the installed libgrpc-dev was built" \
      "from (network? or is libgrpc-dev no longer what the archive has: apt-get upgrade)"
  }
  dpkg-source -x "$work/download/"*.dsc "$work/unpacked" >>"$work/log" 2>&1 || {
    sed 's/^/  dpkg-source: /' "$work/log" >&2
    fail "cannot unpack source package $package $version"
  }
}

# Keeps the headers, and version.cc, from which CMake reads what they are the headers of.
# The rename makes it whole or absent; whoever comes second leaves the first one's in place.
publish_headers() {
  local folder=$1
  mkdir -p "$work/headers"
  (cd "$work/unpacked" &&
    find src/core \( -name '*.h' -o -path src/core/lib/surface/version.cc \) -print0 |
    tar -c --null -T -) | tar -x -C "$work/headers"
  mv -T "$work/headers" "$folder" 2>>"$work/log" || [[ -d $folder ]] ||
    fail "cannot write $folder: $(tail -n 1 "$work/log")"
}

main() {
  local package version folder
  read -r package version < <(
    dpkg-query -W -f '${source:Package} ${source:Version}\n' libgrpc-dev 2>/dev/null) ||
    fail "libgrpc-dev is not installed"
  folder=$cache/grpc-core-headers/$version
  if [[ ! -d $folder ]]; then
    echo "fetching the source package $package $version from the distribution (9 MB)" >&2
    mkdir -p "$cache/grpc-core-headers"
    # Beside its final place: a rename must not cross file systems.
    work=$(mktemp -d "$cache/grpc-core-headers/.fetch.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    unpack_source "$package" "$version"
    publish_headers "$folder"
  fi
  echo "$folder"
}

# Sourced by its test, which calls the functions above.
if [[ ${BASH_SOURCE[0]} == "$0" ]]; then main; fi

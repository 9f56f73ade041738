#!/usr/bin/env bash
# SPDX-FileCopyrightText: The nines authors
# SPDX-License-Identifier: Apache-2.0
#
# Shows how fetch_grpc_core_headers.sh turns a system's apt entries into source entries.

set -euo pipefail
source "$(dirname "$0")/../fetch_grpc_core_headers.sh"

# expect WHAT EXPECTED ACTUAL
expect() {
  if [[ $2 != "$3" ]]; then
    printf 'source_entries_test: %s\n--- expected\n%s\n--- got\n%s\n' "$1" "$2" "$3" >&2
    exit 1
  fi
}

expect "one-line entries keep their options; media and what is commented out are dropped" \
  'deb-src [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib
deb-src http://mirror.example/debian bookworm main' \
  "$(one_line_entries <<'END'
# deb http://off.example/debian bookworm main
deb cdrom:[Debian 12]/ bookworm main
deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib
  deb-src	http://mirror.example/debian bookworm main

END
  )"

expect "deb822 entries keep all but their type; those switched off and media are dropped" \
  'Types: deb-src
# A comment.
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb-src
URIs: http://security.example/debian
Suites: bookworm-security
Components: main' \
  "$(deb822_entries <<'END'
Types: deb
# A comment.
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 -----END PGP PUBLIC KEY BLOCK-----

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: cdrom:[Debian 12]/
Suites: bookworm
Components: main

types: deb deb-src
URIs: http://security.example/debian
Suites: bookworm-security
Components: main
END
  )"
echo "source_entries_test: ok"

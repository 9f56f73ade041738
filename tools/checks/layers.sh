#!/usr/bin/env bash
# SPDX-FileCopyrightText: The nines authors
# SPDX-License-Identifier: Apache-2.0
#
# Who may include whom (docs/architecture.md). CMake's include paths stop most of it; this names the
# rule that is broken, and sees what shares an include path: POSIX, third-party headers, stages.
#
#   tools/checks/layers.sh [tree]

set -euo pipefail
cd "${1:-$(dirname "$0")/../..}"

# Library folder, then the folders whose public headers (nines/...) it may include besides its own.
# Every other folder (tests, tools, bench, examples) may include all of them.
readonly libraries='
sdk
policies            sdk
resolvers           sdk
interop/event_loop  sdk
interop/probes      sdk
client              sdk policies resolvers interop/event_loop interop/probes
interop/grpc        sdk client
'

# The engine's state machines, in sdk/internal/, are for those who run attempts: not installed, and
# no user's. They include no private header of sdk.
readonly internal_users=' sdk interop/grpc '

# Headers that only some files of the libraries may include: pattern of the header, of a file, why.
readonly confined='
^ares[.]h      ^resolvers/src/ares_lookup[.]        c-ares stays behind ares_lookup
^uv([.]h|/)    ^interop/event_loop/src/             libuv stays in the event loop
^curl/         ^interop/probes/src/(http_fetcher|curl_easy|curl_fetch)[.]  libcurl stays behind http_fetcher
^nlohmann/     ^sdk/src/config/json_(reader|writer)[.]cc  the JSON library stays behind json_reader and json_writer
^xxhash[.]h    ^sdk/src/key_hash[.]cc               one file of a library hashes
^xxhash[.]h    ^policies/src/identity[.]cc          one file of a library hashes
^xxhash[.]h    ^interop/grpc/src/content_hash_      one file of a library hashes
^src/          ^interop/grpc/src/core_1_51/         gRPC core has no stable API: one folder knows it
^grpc          ^interop/grpc/                       only nines::grpc knows gRPC
^client/       ^sdk/src/client/                     no other stage of the engine knows the client
'

# Prints "file:line header kind" of every include; kind is < or ".
includes() {
  grep -rnHE --include='*.h' --include='*.cc' '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]' \
    sdk policies resolvers interop client 2>/dev/null |
    sed -E 's/^([^:]+):([0-9]+):[^<"]*([<"])([^>"]+)[>"].*/\1:\2 \4 \3/'
}

# Prints "nines/x.h folder" of every public header.
public_headers() {
  local folder
  while read -r folder _; do
    if [[ -d $folder/include ]]; then
      (cd "$folder/include" && find . -name '*.h' -printf "%P $folder\n")
    fi
  done <<<"$libraries"
}

check() {
  awk -v libraries="$libraries" -v confined="$confined" -v internal_users="$internal_users" '
    function complain(why) {
      print place ": includes " header ": " why
      broken = 1
    }
    function folder_of(file,   folder, longest) {
      for (folder in allowed)
        if (index(file, folder "/") == 1 && length(folder) > length(longest)) longest = folder
      return longest
    }
    function is_standard() { return kind == "<" && header !~ /[.\/]/ }
    BEGIN {
      count = split(libraries, lines, "\n")
      for (i = 1; i <= count; i++) {
        words = split(lines[i], word, " ")
        if (words == 0) continue
        allowed[word[1]] = " " word[1] " "
        for (j = 2; j <= words; j++) allowed[word[1]] = allowed[word[1]] word[j] " "
      }
      count = split(confined, lines, "\n")
      for (i = 1; i <= count; i++) {
        words = split(lines[i], word, " ")
        if (words == 0) continue
        rule[++rules] = word[1]
        home[rules] = word[2]
        reason[rules] = lines[i]
        sub(/^[^ ]+ +[^ ]+ +/, "", reason[rules])
      }
    }
    FNR == NR { owner[$1] = $2; next }
    {
      place = $1; header = $2; kind = $3
      file = place; sub(/:[0-9]+$/, "", file)
      folder = folder_of(file)
      if (folder == "") { complain("no library has this folder"); next }
      if (header ~ /^\.\.?\// || header ~ /\/\.\.\//) { complain("relative path"); next }
      if (is_standard() || header ~ /^absl\//) next

      if (header ~ /^nines\//) {
        if (!(header in owner)) complain("there is no such public header")
        else if (index(allowed[folder], " " owner[header] " ") == 0)
          complain(folder " may not know " owner[header])
        next
      }
      if (file ~ /\/include\// && !(folder == "interop/grpc" && header ~ /^grpcpp\//)) {
        complain("a public header includes only std, Abseil and nines/")
        next
      }
      why = ""
      for (i = 1; i <= rules; i++)
        if (header ~ rule[i]) {
          if (file ~ home[i]) next
          why = reason[i]
        }
      if (why != "") { complain(why); next }
      if (kind == "<" && folder == "policies") complain("policies are pure: std and Abseil only")
      if (kind == "\"") {
        # Relative to the own src/ or the shared internal/, the only private include paths.
        if (index(internal_users, " " folder " ") && system("test -f sdk/internal/" header) == 0) next
        if (file ~ /\/internal\//) { complain("sdk/internal/ knows nothing private of sdk"); next }
        command = "test -f " folder "/src/" header
        if (system(command) != 0) complain("neither nines/ nor a private header of " folder)
      }
    }
    END { exit broken }' <(public_headers) <(includes)
}

check || {
  echo "layers: the includes above are forbidden (tools/checks/layers.sh has the rules)" >&2
  exit 1
}

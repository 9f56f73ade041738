#!/usr/bin/env bash
# SPDX-FileCopyrightText: The nines authors
# SPDX-License-Identifier: Apache-2.0
#
# Words that may not land, each with its reason.
#
#   tools/checks/banned.sh [tree]

set -euo pipefail
cd "${1:-$(dirname "$0")/../..}"

readonly library='sdk policies resolvers interop client'
readonly everything="$library tools tests bench examples cmake docs"
broken=0

# ban PATTERN FOLDERS REASON: anywhere, comments too.
ban() {
  report "$3" < <(search "$1" "$2")
}

# ban_code PATTERN FOLDERS REASON: but a line that is a comment may say it.
ban_code() {
  report "$3" < <(search "$1" "$2" | grep -vE '^[^:]+:[0-9]+:[[:space:]]*//')
}

# This file is left out: it names all of them.
search() {
  # shellcheck disable=SC2086  # the folders are words
  grep -rnP --include='*.h' --include='*.cc' --include='*.sh' --include='*.cmake' \
    --include='*.txt' --include='*.md' --exclude=banned.sh -e "$1" $2 2>/dev/null || true
}

report() {
  local found
  found=$(cat)
  if [[ -z $found ]]; then return; fi
  printf '%s\n  ^ %s\n' "$found" "$1"
  broken=1
}

ban 'TODO\(now\)' "$everything" 'a TODO(now) is done before it lands'
ban 'TODO(?!\((now|soon|perf|test|port)\): )' "$everything" \
  'write TODO(kind): text, with kind in soon, perf, test, port'
ban '\bDISABLED_|GTEST_SKIP|#if 0' "$everything" 'fix a test or delete it'
ban_code '\b(usleep|nanosleep|sleep_for|sleep_until|SleepFor)\(|\bsleep\(\d' "$library tests" \
  'nothing sleeps: wait for what must happen, or turn the fake clock'
ban_code '\b(std::)?(abort|exit|_exit|quick_exit|terminate)\(' "$library" \
  'the library lives in a process that is not its own, and never ends it'
ban_code '\bstd::(cout|cerr|clog)\b|\b(std::)?f?printf\(' "$library" \
  'the library prints nothing: it tells the Observer'
ban_code '\b(sigaction|signal)\(' "$library" 'the library has no signal handlers'
ban_code '\babsl::(Mutex|MutexLock|CondVar)\b' "$library" \
  'nines::Mutex instead: Abseil as distributions build it hides races from ThreadSanitizer'
ban_code '\bthrow(;| [\w:]+[({])' "$library" 'errors are absl::Status'

exit "$broken"

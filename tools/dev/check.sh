# shellcheck shell=bash
# SPDX-FileCopyrightText: The nines authors
# SPDX-License-Identifier: Apache-2.0
#
# ./dev check: the steps, in order. Sourced by ./dev, whose functions it uses.

source tools/dev/fuzz.sh

step_names=()
step_seconds=()

# Ends the whole check at the first step that fails. A subshell in a condition would switch off
# `set -e` inside it, so each step runs as a plain command and the EXIT trap names it.
run_step() {
  local name=$1 started=$SECONDS
  shift
  current_step=$name
  printf '\n==== %s\n' "$name"
  "$@"
  current_step=""
  step_names+=("$name")
  step_seconds+=($((SECONDS - started)))
  printf '==== %s: ok, %d s\n' "$name" $((SECONDS - started))
}

report() {
  local status=$? i
  printf '\n==== check: %d s\n' "$SECONDS"
  for i in "${!step_names[@]}"; do
    printf '%5d s  ok      %s\n' "${step_seconds[i]}" "${step_names[i]}"
  done
  if [[ -n $current_step ]]; then printf '         FAILED  %s\n' "$current_step"; fi
  exit "$status"
}

source_files() {
  git ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do
    if [[ -f $file ]]; then echo "$file"; fi
  done
}

check_format() {
  source_files '*.cc' '*.h' | xargs clang-format --dry-run -Werror
}

check_checks() {
  tools/checks/layers_test.sh
  tools/checks/source_entries_test.sh
  tools/checks/dev_test.sh
}

check_clang() {
  build_preset clang
  ctest --preset clang
}

# The libraries: tests are mostly GoogleTest's macros, and would double the time.
check_tidy() {
  source_files sdk policies resolvers interop client | grep '[.]cc$' |
    xargs -P "$(nproc)" -n 2 clang-tidy -p build/clang --quiet --warnings-as-errors='*'
}

# The sanitizers of clang 14 and gcc 12 map their shadow at fixed addresses, which newer kernels'
# address space randomisation may have taken: they run with it off, where that is allowed.
# The build too, as it runs the tests to list them.
check_sanitizer() {
  local preset=$1 fixed_addresses=()
  if setarch -R true 2>/dev/null; then fixed_addresses=(setarch -R); fi
  "${fixed_addresses[@]}" ./dev build "$preset"
  "${fixed_addresses[@]}" ctest --preset "$preset"
}

# Twenty seconds each: enough to see that a parser lost its mind, no more.
check_fuzz() {
  run_fuzzers 20
}

# Examples and benchmarks too: whatever the tests do not build.
check_install() {
  build_preset release
  tests/install/run.sh build/release
}

run_checks() {
  trap report EXIT
  current_step="arguments"
  run_step "format" check_format
  run_step "the checks themselves" check_checks
  run_step "layers" tools/checks/layers.sh
  run_step "banned words" tools/checks/banned.sh
  run_step "public headers alone, g++ and clang, C++17 and C++20" tools/checks/headers.sh
  if [[ ${1:-} != --skip-tests ]]; then
    run_step "tests, g++" run_tests
  fi
  run_step "tests, clang" check_clang
  run_step "clang-tidy" check_tidy
  run_step "tests, address and undefined behaviour sanitizers" check_sanitizer asan
  run_step "tests, thread sanitizer" check_sanitizer tsan
  run_step "fuzz" check_fuzz
  run_step "install, package and consumers" check_install
}

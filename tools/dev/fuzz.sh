# shellcheck shell=bash
# SPDX-FileCopyrightText: The nines authors
# SPDX-License-Identifier: Apache-2.0
#
# Runs the fuzzers. Sourced by ./dev, whose functions it uses.

# fuzz_one SECONDS PROGRAM. What it finds stays in build/fuzz/found, the first folder, so that the
# tree stays as it is.
fuzz_one() {
  local seconds=$1 program=$2 name found log dictionary=()
  name=$(basename "$program" _fuzz)
  found=build/fuzz/found/$name
  log=build/fuzz/$name.log
  mkdir -p "$found"
  if [[ -f tests/fuzz/$name.dict ]]; then dictionary=("-dict=tests/fuzz/$name.dict"); fi
  "$program" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix="$found-" "${dictionary[@]}" "$found" "tests/fuzz/corpus/$name" \
    >"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    fail "the fuzzer of $name found an input (whole output: $log)"
  }
  echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs"
}

# run_fuzzers SECONDS [NAME]: all of them, or one, for so long each.
run_fuzzers() {
  local seconds=$1 programs program
  if (($# == 1)); then
    build_preset fuzz nines_fuzzers
    programs=(build/fuzz/fuzz/*_fuzz)
  else
    build_preset fuzz "$2_fuzz"
    programs=("build/fuzz/fuzz/$2_fuzz")
  fi
  for program in "${programs[@]}"; do fuzz_one "$seconds" "$program"; done
}

#!/usr/bin/env bash
# Lets libFuzzer look for inputs that break a target: every target for CLAWRK_FUZZ_SECONDS (20).
# A crash is kept in target/fuzz/crashes; put it into fuzz/corpus/<target> with its mend.
# A stable toolchain is enough: these flags are what `cargo fuzz` without a sanitizer passes.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${CLAWRK_FUZZ_SECONDS:-20}
target_dir=${CARGO_TARGET_DIR:-$PWD/target}
work=$target_dir/fuzz
host=$(rustc -vV | sed -n 's/^host: //p')

# The programs are instrumented, the seeds are written by an ordinary build.
rm -rf "$work/seeds"
cargo run --quiet --locked -p clawrk-fuzz --bin fuzz_seeds -- "$work/seeds"

coverage=(
  --cfg fuzzing
  -Cpasses=sancov-module
  -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
  -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares
)
programs=()
for seeds in "$work"/seeds/*/; do
  programs+=(--bin "fuzz_$(basename "$seeds")")
done
# `--target` keeps build scripts and macros free of the flags, and the artefacts apart. Optimised a
# little, with every assertion on: it tries about twice as many inputs.
CARGO_PROFILE_DEV_OPT_LEVEL=1 RUSTFLAGS="${coverage[*]}" \
  cargo build --quiet --locked -p clawrk-fuzz --features libfuzzer \
  "${programs[@]}" --target "$host"

failed=()
for seeds in "$work"/seeds/*/; do
  target=$(basename "$seeds")
  found=$work/corpus/$target
  mkdir -p "$found" "$work/crashes"
  echo "== $target, $seconds s"
  # Inputs over 4 KiB only slow the search down; a single one may take 10 s or 1 GiB.
  if ! "$target_dir/$host/debug/fuzz_$target" -max_total_time="$seconds" -timeout=10 \
    -rss_limit_mb=1024 -max_len=4096 -print_final_stats=1 -verbosity=1 -use_value_profile=1 \
    -artifact_prefix="$work/crashes/$target-" "$found" "$seeds" "fuzz/corpus/$target" \
    >"$work/$target.log" 2>&1; then
    failed+=("$target")
    tail -n 60 "$work/$target.log"
  else
    grep -E 'number_of_executed_units|DONE' "$work/$target.log"
  fi
done

if [ ${#failed[@]} -gt 0 ]; then
  echo "fuzz: broken: ${failed[*]}; see $work/crashes"
  exit 1
fi

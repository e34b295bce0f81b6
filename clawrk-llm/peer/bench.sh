#!/usr/bin/env bash
# What clawrk adds to a call of a language model: the table of docs/benchmarks.md.
set -euo pipefail
cd "$(dirname "$0")"

root=$(cd ../.. && pwd)
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}

cargo build --quiet --release --locked -p clawrk-benches --bin models
./with_aimock.sh verdicts.mjs "$CARGO_TARGET_DIR/release/models" "$@"

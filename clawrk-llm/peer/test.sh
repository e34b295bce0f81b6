#!/usr/bin/env bash
# Holds the three ways of asking a language model against aimock: what it answers, and every fault
# that it has. Then the figures of docs/benchmarks.md that need it, in a few rounds: they can be
# taken, and all that is measured is answered.
set -euo pipefail
cd "$(dirname "$0")"

root=$(cd ../.. && pwd)
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}

cargo build --quiet --locked -p clawrk-llm --example beside_aimock
./with_aimock.sh serve.mjs "$CARGO_TARGET_DIR/debug/examples/beside_aimock"

cargo build --quiet --locked -p clawrk-benches --bin models
./with_aimock.sh verdicts.mjs "$CARGO_TARGET_DIR/debug/models" --rounds 3

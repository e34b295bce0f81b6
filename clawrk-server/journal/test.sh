#!/usr/bin/env bash
# Has beancount and hledger, which nobody here wrote, read the journals of a busy exchange, and
# compares everything that they make of them with what the exchange itself says.
# PYTHON names the interpreter (python3).
set -euo pipefail
cd "$(dirname "$0")/../.."

export PIP_DISABLE_PIP_VERSION_CHECK=1
# hledger reads files in the encoding of its locale.
export LC_ALL=C.UTF-8
cargo build --quiet --locked -p clawrk-server
cargo build --quiet --locked -p clawrk-testkit --example busy_ledger
target_dir=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)
work=$target_dir/journal
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet beancount==3.2.3

rm -rf "$work/run" && mkdir -p "$work/run"
"$target_dir/debug/examples/busy_ledger" "$work/run/store" "$work/run/truth.json"
"$work/venv/bin/python" -B clawrk-server/journal/compare.py \
  "$target_dir/debug/clawrk-server" "$work/run"

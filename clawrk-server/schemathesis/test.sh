#!/usr/bin/env bash
# Lets schemathesis look for answers of a real server that its own /openapi.json does not allow:
# once with a user's key, once with the admin key, all checks on.
# One worker: parsing Python in two threads at once is broken in 3.11.
# CLAWRK_SCHEMATHESIS_SEED (1) and CLAWRK_SCHEMATHESIS_EXAMPLES (40) say what is tried.
set -euo pipefail
cd "$(dirname "$0")"

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$(cd ../.. && pwd)/target}
export PIP_DISABLE_PIP_VERSION_CHECK=1
work=$CARGO_TARGET_DIR/schemathesis
seed=${CLAWRK_SCHEMATHESIS_SEED:-1}
examples=${CLAWRK_SCHEMATHESIS_EXAMPLES:-40}

"${PYTHON:-python3}" -m venv "$work/tools"
"$work/tools/bin/pip" install --quiet --requirement requirements.txt
cargo build --quiet --locked -p clawrk-server

here=$PWD
server=
finish() {
  if [ -n "$server" ]; then kill "$server" && wait "$server" || true; fi
}
trap finish EXIT

# ask TOKEN PATH BODY: the answer to a POST.
ask() {
  curl --silent --show-error --fail --header "Authorization: Bearer $1" --data "$3" "$address$2"
}
# member NAME: a member of the object that is read.
member() {
  "$work/tools/bin/python" -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

# jobs KEY: makes jobs of each state that a verb wants to find one in, and prints their ids, quoted.
jobs() {
  local at id
  for at in {1..60}; do
    id=$(ask "$1" /api/jobs '{"prompt": "Anything"}' | member id)
    if [ $((at % 3)) -ge 1 ]; then ask "$1" "/api/jobs/$id/accept" '' >/dev/null; fi
    if [ $((at % 3)) -eq 2 ]; then
      ask "$1" "/api/jobs/$id/submit" '{"output": "What came of it, at some length"}' >/dev/null
    fi
    echo "\"$id\""
  done
}

# run ROLE: a fresh server, asked by that role. Nothing but a memory store is left behind.
run() {
  role=$1
  admin=the-operator-of-this-test-$RANDOM$RANDOM
  rm -rf "$work/$role" && mkdir -p "$work/$role" && cd "$work/$role"
  cp "$here/schemathesis.toml" .
  mkfifo said
  CLAWRK_ADMIN_KEY=$admin RUST_LOG=warn "$CARGO_TARGET_DIR/debug/clawrk-server" \
    --listen 127.0.0.1:0 --store memory: >said 2>log &
  server=$!
  exec 3<said
  address=
  while [ -z "$address" ] && read -r line <&3; do
    case $line in "listening on "*) address=${line#listening on } ;; esac
  done
  [ -n "$address" ] || { cat log; echo "the server ended without listening"; exit 1; }

  key=$(ask "$admin" /api/admin/users '{"id": "alice"}' | member api_key)
  ask "$admin" /api/admin/users '{"id": "bob"}' >/dev/null
  jobs "$key" >jobs
  token=$key
  if [ "$role" = operator ]; then token=$admin; fi
  # The id of a key is its second part.
  OWN_KEY=$(cut -d_ -f2 <<<"$key") ROLE=$role SCHEMATHESIS_HOOKS=$here/hooks.py \
    "$work/tools/bin/st" --config-file schemathesis.toml run "$address/openapi.json" \
    --header "Authorization: Bearer $token" --checks all --seed "$seed" \
    --max-examples "$examples"
  # The key was good to the end.
  curl --silent --fail --output /dev/null --request POST --header "Authorization: Bearer $key" \
    "$address/api/whoami" || [ "$role" = operator ]
  finish
  server=
  cd "$here"
}

run user
run operator

#!/usr/bin/env bash
# Lets schemathesis look for answers of a real server that its own /openapi.json does not allow:
# once with a user's key, once with the admin key, all checks on. Behind it is a fake Stripe.
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
cargo build --quiet --locked -p clawrk-testkit --features stripe-http --bin stripe-books

here=$PWD
running=()
finish() {
  for program in "${running[@]}"; do kill "$program" && wait "$program" || true; done
  running=()
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

# said NAME BEGIN: the rest of the first line in that pipe that begins so.
said() {
  local line
  while read -r line <&"$1"; do
    case $line in "$2"*) echo "${line#"$2"}"; return ;; esac
  done
  cat log
  echo "it ended without saying $2" >&2
  return 1
}

# payouts SENDER RECEIVER: has jobs done for which the receiver is due to be paid, and prints the
# payouts' ids, quoted.
payouts() {
  local at id
  for at in {1..30}; do
    id=$(ask "$1" /api/jobs '{"prompt": "Anything"}' | member id)
    ask "$2" "/api/jobs/$id/accept" '' >/dev/null
    ask "$2" "/api/jobs/$id/submit" '{"output": "What came of it, at some length"}' >/dev/null
    ask "$1" "/api/jobs/$id/verify" '' >/dev/null
    echo "\"po_$id\""
  done
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
  mkfifo said stripe-said
  "$CARGO_TARGET_DIR/debug/stripe-books" --key sk_test_schemathesis >stripe-said 2>stripe-log &
  running+=($!)
  exec 4<stripe-said
  stripe=$(said 4 "stripe ")
  control=$(said 4 "control ")
  for tier in starter pro team; do
    curl --silent --show-error --fail --output /dev/null "$control/prices" \
      --data "{\"id\": \"price_$tier\", \"cents\": 1000}"
  done
  WEBHOOK_SECRET=whsec_of_this_test
  CLAWRK_ADMIN_KEY=$admin RUST_LOG=warn STRIPE_API_BASE=$stripe \
    STRIPE_SECRET_KEY=sk_test_schemathesis STRIPE_WEBHOOK_SECRET=$WEBHOOK_SECRET \
    STRIPE_PRICE_STARTER=price_starter STRIPE_PRICE_PRO=price_pro STRIPE_PRICE_TEAM=price_team \
    "$CARGO_TARGET_DIR/debug/clawrk-server" --listen 127.0.0.1:0 --store memory: >said 2>log &
  running+=($!)
  exec 3<said
  address=$(said 3 "listening on ")

  key=$(ask "$admin" /api/admin/users '{"id": "alice"}' | member api_key)
  bob=$(ask "$admin" /api/admin/users '{"id": "bob"}' | member api_key)
  gift='{"delta": 1000000000, "reason": "enough for everything"}'
  ask "$admin" /api/admin/users/alice/credits "$gift" >/dev/null
  jobs "$key" >jobs
  payouts "$key" "$bob" >payouts
  token=$key
  if [ "$role" = operator ]; then token=$admin; fi
  # The id of a key is its second part.
  OWN_KEY=$(cut -d_ -f2 <<<"$key") ROLE=$role SCHEMATHESIS_HOOKS=$here/hooks.py \
    WEBHOOK_SECRET=$WEBHOOK_SECRET \
    "$work/tools/bin/st" --config-file schemathesis.toml run "$address/openapi.json" \
    --header "Authorization: Bearer $token" --checks all --seed "$seed" \
    --max-examples "$examples"
  # The key was good to the end.
  curl --silent --fail --output /dev/null --request POST --header "Authorization: Bearer $key" \
    "$address/api/whoami" || [ "$role" = operator ]
  finish
  cd "$here"
}

run user
run operator

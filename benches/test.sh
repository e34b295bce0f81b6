#!/usr/bin/env bash
# The figures of docs/benchmarks that need a server and wrk, on a small scale: they can be taken.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cargo build --quiet --locked -p clawrk-server -p clawrk-benches
program=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)/debug/http
part() { "$program" "$1" --dir "$work/stores" --out "$work/$1" --rounds 1 --seconds 1 "${@:2}"; }

part get
[ "$(grep -cE '^get,1,(server|bare),[1-9]' "$work/get/http.csv")" -eq 2 ]
part create
[ "$(grep -cE '^create,1,(server|engine),[1-9]' "$work/create/http.csv")" -eq 2 ]
part idle --jobs 50 --idle-seconds 1
grep -qE '^50,1,[1-9]' "$work/idle/idle.csv"
part watch --clients 20
[ "$(grep -cE '^20,(20|1),[1-9][0-9]*,0,' "$work/watch/watch.csv")" -eq 2 ]

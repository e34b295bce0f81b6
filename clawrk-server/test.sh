#!/usr/bin/env bash
# Lets the checker of Prometheus judge what /metrics of a running server says.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
server=
finish() {
  if [ -n "$server" ]; then kill "$server" && wait "$server" || true; fi
  rm -rf "$work"
}
trap finish EXIT

cargo build --quiet --locked -p clawrk-server
program=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)/debug/clawrk-server

mkfifo "$work/said"
CLAWRK_ADMIN_KEY=operator "$program" --listen 127.0.0.1:0 --store "sled:$work/store" \
  >"$work/said" 2>"$work/log" &
server=$!
exec 3<"$work/said"
address=
while [ -z "$address" ] && read -r line <&3; do
  case $line in "listening on "*) address=${line#listening on } ;; esac
done
[ -n "$address" ] || { echo "the server ended without listening"; cat "$work/log"; exit 1; }

# A little of everything, so that each metric has samples.
ask() { curl --silent --show-error --noproxy '*' --output "$work/answer" "$@"; }
ask --header 'authorization: Bearer operator' --data '{"id": "ann"}' "$address/api/admin/users"
key=$(grep -o '"api_key":"[^"]*"' "$work/answer" | cut -d '"' -f 4)
ask --header "authorization: Bearer $key" --data '{"prompt": "Anything"}' "$address/api/jobs"
job=$(grep -o '"id":"[^"]*"' "$work/answer" | head -n 1 | cut -d '"' -f 4)
ask --header "authorization: Bearer $key" --request POST "$address/api/jobs/$job/accept"
ask "$address/api/jobs/$job"
ask "$address/metrics"
grep -q '^clawrk_jobs{status="accepted"} 1$' "$work/answer" || { cat "$work/answer"; exit 1; }

promtool check metrics <"$work/answer"
echo "promtool: $(grep -c '^# TYPE' "$work/answer") metrics, nothing to complain of"

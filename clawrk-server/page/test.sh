#!/usr/bin/env bash
# Has a real browser open /docs of a running server, with every other host out of reach, and looks
# whether the page it ends up with shows every operation of /openapi.json.
set -euo pipefail
cd "$(dirname "$0")/../.."

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
CLAWRK_ADMIN_KEY=operator "$program" --listen 127.0.0.1:0 --store memory: \
  >"$work/said" 2>"$work/log" &
server=$!
exec 3<"$work/said"
address=
while [ -z "$address" ] && read -r line <&3; do
  case $line in "listening on "*) address=${line#listening on } ;; esac
done
[ -n "$address" ] || { echo "the server ended without listening"; cat "$work/log"; exit 1; }

# Its clock runs ahead while nothing is on the way, so these seconds are not waited for. A container
# has no sandbox to offer.
timeout 120 chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage \
  --user-data-dir="$work/profile" --virtual-time-budget=30000 \
  --host-resolver-rules="MAP * ~NOTFOUND, EXCLUDE 127.0.0.1" \
  --dump-dom "$address/docs" >"$work/page" 2>"$work/browser"

curl --silent --show-error --fail --noproxy '*' --output "$work/described" "$address/openapi.json"
names=$(grep -o '"operationId":"[^"]*"' "$work/described" | cut -d '"' -f 4)
count=0
for name in $names; do
  grep -q "id=\"operations-[a-z]*-$name\"" "$work/page" ||
    { cat "$work/browser"; echo "the page does not show $name"; exit 1; }
  count=$((count + 1))
done
[ "$count" -ge 30 ] || { echo "only $count operations are described"; exit 1; }
echo "a browser shows all $count operations"

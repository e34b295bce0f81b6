#!/usr/bin/env bash
# Pastes the lines of README.md that talk to a server into a shell, beside a fresh server.
set -euo pipefail
cd "$(dirname "$0")/.."

readme=$PWD/README.md
work=$(mktemp -d)
server=
finish() {
  if [ -n "$server" ]; then kill "$server" && wait "$server" || true; fi
  rm -rf "$work"
}
trap finish EXIT

cargo build --quiet --locked -p clawrk-server
program=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)/debug/clawrk-server

# The server starts as the page has it, but on a port of its own, and says when it serves.
cd "$work"
mkfifo said
"$program" --listen 127.0.0.1:0 >said &
server=$!
exec 3<said
address=
while [ -z "$address" ] && read -r line <&3; do
  case $line in "listening on "*) address=${line#listening on } ;; esac
done
[ -n "$address" ] || { echo "the server ended without listening"; exit 1; }

# The block of shell lines that has curl in it.
awk '/^```sh$/ { block = ""; inside = 1; next }
     /^```$/   { if (inside && block ~ /curl/) printf "%s", block; inside = 0 }
     inside    { block = block $0 "\n" }' "$readme" >lines
[ "$(grep -c 'curl ' lines)" -ge 6 ] || { echo "README.md lost its curl lines"; exit 1; }
sed "s|http://127.0.0.1:3000|$address|g" lines >pasted
sh -eu pasted >answers

# What Bob and Ann were answered: a job taken, handed in, verified.
grep -o '"status":"[a-z]*"' answers | tr '\n' ' ' | tee statuses
echo
[ "$(cat statuses)" = '"status":"accepted" "status":"submitted" "status":"verified" ' ]

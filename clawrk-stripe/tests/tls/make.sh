#!/usr/bin/env bash
# Makes the certificates of the tests anew. They are good for a hundred years, and for nothing else.
set -euo pipefail
cd "$(dirname "$0")"
new_key() { openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt; }

# authority NAME: one that signs others.
authority() {
  new_key >"$1.key"
  openssl req -x509 -new -key "$1.key" -days 36500 -subj "/CN=clawrk test authority $1" \
    -addext "keyUsage=critical,keyCertSign" -out "$1.pem"
}

# server NAME AUTHORITY SUBJECT: one for a server.
server() {
  new_key >"$1.key"
  openssl req -new -key "$1.key" -subj "/CN=clawrk test $1" |
    openssl x509 -req -CA "$2.pem" -CAkey "$2.key" -days 36500 -out "$1.pem" \
      -extfile <(printf 'subjectAltName=%s\nbasicConstraints=CA:FALSE\n' "$3")
}

authority trusted
authority stranger
server here trusted IP:127.0.0.1
server elsewhere trusted DNS:elsewhere.test
server forged stranger IP:127.0.0.1
rm trusted.key stranger.key stranger.pem
rm -f ./*.srl

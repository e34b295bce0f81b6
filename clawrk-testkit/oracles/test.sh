#!/usr/bin/env bash
# Holds the fake Stripe, and our own client of Stripe, against what Stripe itself wrote: its OpenAPI
# document, its libraries for Python and Node, its command line client, and stripe-mock. And has
# localstripe, a fake that nobody here wrote, sell credits of a real server.
# Everything is pinned and checked by its hash; nothing of it is in the repository.
set -euo pipefail
cd "$(dirname "$0")"

root=$(cd ../.. && pwd)
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}
export PIP_DISABLE_PIP_VERSION_CHECK=1 STRIPE_CLI_TELEMETRY_OPTOUT=1
export PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
work=$CARGO_TARGET_DIR/stripe
mkdir -p "$work/document"
cp ./*.py ./*.mjs package.json package-lock.json "$work"

# Its own Node, since that of Debian 12 is too old, and its own Go likewise. Kept from run to run.
"${PYTHON:-python3}" -m venv "$work/tools"
export PATH=$work/tools/bin:$PATH
pip install --quiet --require-hashes --requirement requirements.txt
pip download --quiet --require-hashes --no-deps --only-binary :all: --ignore-requires-python \
  --dest "$work/document" --requirement document.txt
pip install --quiet --require-hashes --no-deps --no-build-isolation --requirement localstripe.txt
python -m zipfile -e "$work"/document/*.whl "$work/document"

cargo test --quiet --locked -p clawrk-testkit --features stripe-http --test books_http
cargo build --quiet --locked -p clawrk-testkit --features stripe-http --bin stripe-books
cargo build --quiet --locked -p clawrk-server
cargo build --quiet --locked -p clawrk-stripe --examples
books=$CARGO_TARGET_DIR/debug/stripe-books
examples=$CARGO_TARGET_DIR/debug/examples

cd "$work"
npm ci --silent --ignore-scripts --no-audit --no-fund
rm -f record-*
python sdk.py "$books" record-sdk
python cli.py "$books" record-cli node_modules/@stripe/cli-linux-x64/bin/stripe "$work"
python ours.py "$books" record-ours "$examples/every_request"
python subscribe.py "$CARGO_TARGET_DIR/debug/clawrk-server" "$work"
python signatures.py "$examples/verdicts" "$work"
GOBIN=$work/go/bin GOPATH=$work/go GOCACHE=$work/go/cache GOFLAGS=-modcacherw GOTOOLCHAIN=local \
  go install github.com/stripe/stripe-mock@v0.203.0
python mock.py "$work/go/bin/stripe-mock" "$examples/every_request"
python judge.py document/*/spec/spec3.json record-*
